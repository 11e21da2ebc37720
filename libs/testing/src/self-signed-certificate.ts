// A certificate that nobody trusts yet, made on the spot: no private key lies in the repository, and none expires there.
// Node makes keys and signatures but no certificates, so its few fields (RFC 5280, section 4.1) are written as DER here.
import { generateKeyPairSync, sign } from "node:crypto";

/** Both PEM, as `https.createServer` and `NODE_EXTRA_CA_CERTS` take them. */
export type Certificate = { key: string; cert: string };

/** For `name` and 127.0.0.1, valid from 2020 to 2049, its own authority. */
export function createSelfSignedCertificate(name: string): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const subject = sequence(der(0x31, sequence(OID.commonName, der(0x0c, Buffer.from(name)))));
  const signed = sequence(
    der(0xa0, der(0x02, Buffer.of(2))), // version 3
    der(0x02, Buffer.of(1)), // serial number
    sequence(OID.ecdsaWithSha256),
    subject, // the issuer
    sequence(utcTime("200101000000Z"), utcTime("491231235959Z")),
    subject,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(isAuthority(), alternativeNames(name))),
  );
  const signature = sign("sha256", signed, privateKey);
  const whole = sequence(signed, sequence(OID.ecdsaWithSha256), der(0x03, Buffer.of(0), signature));
  const lines = whole.toString("base64").replace(/.{64}/g, "$&\n");
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  };
}

function isAuthority(): Buffer {
  const yes = der(0x01, Buffer.of(0xff));
  return sequence(OID.basicConstraints, yes, der(0x04, sequence(yes)));
}

function alternativeNames(name: string): Buffer {
  const names = sequence(der(0x82, Buffer.from(name)), der(0x87, Buffer.of(127, 0, 0, 1)));
  return sequence(OID.subjectAltName, der(0x04, names));
}

const utcTime = (text: string): Buffer => der(0x17, Buffer.from(text));
const sequence = (...parts: Uint8Array[]): Buffer => der(0x30, ...parts);

function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const { length } = body;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), body]);
  return Buffer.concat([Buffer.of(tag, 0x82, length >> 8, length & 0xff), body]);
}

/** As they are encoded: 2.5.4.3, 1.2.840.10045.4.3.2, 2.5.29.19 and 2.5.29.17. */
const OID = {
  commonName: der(0x06, Buffer.of(0x55, 4, 3)),
  ecdsaWithSha256: der(0x06, Buffer.of(0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2)),
  basicConstraints: der(0x06, Buffer.of(0x55, 0x1d, 0x13)),
  subjectAltName: der(0x06, Buffer.of(0x55, 0x1d, 0x11)),
};

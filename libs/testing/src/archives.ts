// Archives of every kind, built byte by byte, so that they can be made wrong in one place. PKWARE's APPNOTE 6.3; POSIX ustar.
import { crc32, deflateRawSync } from "node:zlib";

export type PackedFile = {
  name: string;
  bytes?: Uint8Array;
  /** Zip: 0 is stored (the default), 8 deflated; others are only said to be. */
  method?: number;
  /** Zip: general purpose flags beside "names are UTF-8"; 1 is encrypted. */
  flags?: number;
  /** Zip: what the directory promises, where that is a lie. */
  size?: number;
  /** Zip: where the directory says that the file lies. */
  offset?: number;
  /** A Unix mode, with the type of the file. */
  mode?: number;
  /** Tar: "0" is a file, "1" a hard link, "2" a symbolic link, "3" a device, "5" a folder. */
  type?: string;
};

const UTF8 = 0x800;
const NOTHING = new Uint8Array();

export function zipOf(files: readonly PackedFile[]): Buffer {
  const [locals, centrals]: [Buffer[], Buffer[]] = [[], []];
  let at = 0;
  for (const { name, bytes = NOTHING, method = 0, flags = 0, mode = 0o100644, ...lie } of files) {
    const label = Buffer.from(name);
    const packed = method === 8 ? deflateRawSync(bytes) : bytes;
    const common = fields("2222444", [
      UTF8 | flags,
      method,
      0,
      0x21,
      crc32(bytes),
      packed.length,
      lie.size ?? bytes.length,
    ]);
    const local = [fields("42", [0x04034b50, 20]), common, fields("22", [label.length, 0]), label, packed];
    const head = [fields("422", [0x02014b50, (3 << 8) | 20, 20]), common, fields("22222", [label.length, 0, 0, 0, 0])];
    centrals.push(...head, fields("44", [mode * 0x10000, lie.offset ?? at]), label);
    locals.push(Buffer.concat(local));
    at += locals.at(-1)?.length ?? 0;
  }
  const directory = Buffer.concat(centrals);
  const end = fields("42222442", [0x06054b50, 0, 0, files.length, files.length, directory.length, at, 0]);
  return Buffer.concat([...locals, directory, end]);
}

export function tarOf(files: readonly PackedFile[]): Buffer {
  const blocks = files.flatMap(({ name, bytes = NOTHING, type = "0", mode = 0o644 }) => {
    const header = Buffer.alloc(512);
    header.write(name, 0, 100);
    header.write(octal(mode & 0o777, 7), 100);
    header.write(`${octal(0, 7)}${octal(0, 7)}${octal(bytes.length, 11)}${octal(0, 11)}`, 108);
    header.write(`        ${type}`, 148);
    header.write("ustar\x0000", 257);
    header.write(
      `${octal(
        header.reduce((sum, byte) => sum + byte, 0),
        6,
      )} `,
      148,
    );
    return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, "0")}\0`;

/** Little-endian numbers one behind the other; `widths` has their sizes in bytes. */
function fields(widths: string, values: readonly number[]): Buffer {
  const target = Buffer.alloc([...widths].reduce((sum, width) => sum + Number(width), 0));
  let at = 0;
  for (const [i, value] of values.entries()) at = target.writeUIntLE(value, at, Number(widths[i]));
  return target;
}

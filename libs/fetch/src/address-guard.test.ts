import { describe, expect, test } from "vitest";

import { createAddressGuard } from "./address-guard.ts";
import { FetchFailure } from "./fetch-failure.ts";

const guard = createAddressGuard();

describe("a URL", () => {
  test.each([
    "http://127.0.0.1/",
    "http://127.1/",
    "http://0/",
    "http://0.0.0.0/",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://0177.0.0.1/",
    "http://１２７.0.0.1/",
    "http:127.0.0.1",
    "http:\\\\127.0.0.1\\",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://169.254.0.23/",
    "http://100.100.100.200/",
    "http://192.0.0.192/",
    "http://168.63.129.16/machine/?comp=goalstate",
    "http://2822734096/",
    "http://[::ffff:168.63.129.16]/",
    "http://192.0.2.1/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://[::]/",
    "http://[::1]/",
    "http://[::127.0.0.1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[fe80::1]/",
    "http://[fd00:ec2::254]/",
    "http://[fd20:ce::254]/",
    "http://example.com:22/",
    "http://example.com:6379/",
    "https://8.8.8.8:8443/",
  ])("%s leads nowhere public", (url) => {
    expect(refusal(() => guard.checkUrl(url))).toBe("blocked_address");
  });

  test.each([
    "file:///etc/passwd",
    "gopher://example.com/",
    "data:image/png;base64,AAAA",
    "ftp://example.com/bear.jpg",
    "javascript:alert(1)",
    "//example.com/bear.jpg",
    "bear.jpg",
    "",
    "http://",
    "http://[fe80::1%25eth0]/",
    "https://user@example.com/",
    "https://user:password@example.com/",
  ])("%s is not of a form that is fetched", (url) => {
    expect(refusal(() => guard.checkUrl(url))).toBe("bad_scheme");
  });

  test("is refused when it is longer than browsers and servers agree on", () => {
    expect(refusal(() => guard.checkUrl(`https://example.com/${"a".repeat(4200)}`))).toBe("bad_scheme");
  });

  test.each([
    ["https://example.com/a%20bear.jpg?w=1#top", "https://example.com/a%20bear.jpg?w=1"],
    [" http://EXAMPLE.com:80/ ", "http://example.com/"],
    ["https://bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4"],
    ["http://8.8.8.8/", "http://8.8.8.8/"],
    ["http://168.63.129.17/", "http://168.63.129.17/"],
    ["https://[2606:4700::1111]/", "https://[2606:4700::1111]/"],
  ])("%s is fetched, in its parsed form", (url, parsed) => {
    expect(guard.checkUrl(url).href).toBe(parsed);
  });

  test("of any kind is refused in the same words, which say nothing about our network", () => {
    const words = ["http://127.0.0.1/", "http://10.0.0.1:9000/", "http://example.com:22/"].map((url) => {
      try {
        return guard.checkUrl(url).href;
      } catch (error) {
        return error instanceof FetchFailure && error.reason;
      }
    });
    expect(new Set(words).size).toBe(1);
  });
});

describe("an allowed place", () => {
  const open = createAddressGuard(["127.0.0.1:8123", "10.1.0.0/16:9000", "[::1]:8123", "[fd00:1::]/64:80"]);

  test.each([
    ["http://127.0.0.1:8123/", true],
    ["http://127.0.0.1:8124/", false],
    ["http://127.0.0.2:8123/", false],
    ["http://127.0.0.1/", false],
    ["http://10.1.77.1:9000/", true],
    ["http://10.2.0.1:9000/", false],
    ["http://[::1]:8123/", true],
    ["http://[fd00:1::5]/", true],
    ["http://[fd00:2::5]/", false],
    // Public machines do not gain a port from it.
    ["http://8.8.8.8:8123/", false],
  ])("is exact: %s %s", (url, isAllowed) => {
    if (isAllowed) expect(open.checkUrl(url).href).toBe(url);
    else expect(refusal(() => open.checkUrl(url))).toBe("blocked_address");
  });

  test.each([
    "127.0.0.1",
    "localhost:80",
    "0.0.0.0/0:80",
    "10.0.0.0/7:80",
    "[::]/0:80",
    "10.0.0.0/33:80",
    "127.0.0.1:0",
    "127.0.0.1:99999",
    "private",
  ])("is never as vague as %s", (entry) => {
    expect(() => createAddressGuard([entry])).toThrow(`cannot allow "${entry}": expected an address or a narrow range`);
  });
});

function refusal(check: () => unknown): string {
  try {
    return `accepted ${check()}`;
  } catch (error) {
    if (error instanceof FetchFailure) return error.outcome;
    throw error;
  }
}

// A folder of the person's disk as one tar to upload. Nothing is read here: a Blob of files is read when it is sent.
export type FolderFile = { path: string; file: Blob };

/** POSIX.1-1988 ustar; blocks of 512 bytes. */
const BLOCK = 512;
const MOST_NAME_BYTES = 100;
const [FILE, EXTENDED] = ["0", "x"] as const;
type Part = Blob | Uint8Array<ArrayBuffer>;
const encoder = new TextEncoder();

/** @param files with paths as `bears/black/1.jpg`, in any script and length */
export function packTar(files: readonly FolderFile[]): Blob {
  const parts = files.flatMap(({ path, file }) => {
    const name = encoder.encode(path);
    // Names that ustar has no room or no letters for are told in a header of their own (POSIX.1-2001 pax).
    const isPlain = name.length <= MOST_NAME_BYTES && name.length === path.length;
    const ahead = isPlain ? [] : memberOf("pax", encoder.encode(paxRecord(path)), EXTENDED);
    return [...ahead, ...memberOf(isPlain ? path : "long", file, FILE)];
  });
  return new Blob([...parts, new Uint8Array(2 * BLOCK)]);
}

function memberOf(name: string, body: Part, type: string): Part[] {
  const size = body instanceof Blob ? body.size : body.length;
  return [header(name, size, type), body, new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK)];
}

function header(name: string, size: number, type: string): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(BLOCK);
  const put = (text: string, at: number) => block.set(encoder.encode(text), at);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
  put(name, 0);
  put(`${octal(0o644, 7)}\0${octal(0, 7)}\0${octal(0, 7)}\0${octal(size, 11)}\0${octal(0, 11)}\0`, 100);
  // The checksum is that of a header with spaces in its place.
  put(`        ${type}`, 148);
  put("ustar\x0000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(`${octal(sum, 6)}\0 `, 148);
  return block;
}

/** `<length> path=<path>\n`, where the length counts its own digits too. */
function paxRecord(path: string): string {
  const rest = ` path=${path}\n`;
  const bytes = encoder.encode(rest).length;
  let length = bytes + String(bytes).length;
  if (String(length).length > String(bytes).length) length = bytes + String(length).length;
  return `${length}${rest}`;
}

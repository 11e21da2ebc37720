// The class a URL list stands for when nobody says: its file name, as the lesson names them (`urls_black.txt` is `black`).

/** `urls_` at the front and one ending are dropped; what is left must not be empty, else the whole stem is the class. */
export function classOfList(name: string): string {
  const stem = name.replace(/\.[A-Za-z0-9]+$/, "");
  return stem.replace(/^urls_/i, "") || stem;
}

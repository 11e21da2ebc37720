// One line about one variable at fault: name, what was expected, what came.

/** @param came its value, or undefined when it is not set; a secret's value is never part of the line */
export function describeFault(name: string, expectation: string, came: { value: unknown; isSecret: boolean }): string {
  const expected = expectation.replace(/^Invalid input: /, "").replace(/, received .*$/, "");
  return `${name}: ${expected}, ${describeValue(came)}`;
}

function describeValue({ value, isSecret }: { value: unknown; isSecret: boolean }): string {
  if (value === undefined) return "but it is not set";
  return isSecret ? "but it holds something else (a secret, so not shown)" : `got ${JSON.stringify(value)}`;
}

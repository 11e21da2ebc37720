// A reason not to start that a person can mend: its message is shown alone, without a stack.
export class StartupError extends Error {
  override name = "StartupError";
}

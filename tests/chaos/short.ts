/** What a push is tried with: about three minutes on two cores. */
export const SHORT: readonly string[] = ["F1", "F4", "F6", "F11", "F21", "F25"];

/** What a push is tried with: about four minutes on two cores. */
export const SHORT: readonly string[] = ["F1", "F4", "F6", "F11", "F14", "F17", "F21", "F22", "F25"];

// The client closed the connection before it had its answer. Nobody is left to tell; it is not a fault.
export class ClientGone extends Error {
  override name = "ClientGone";

  constructor() {
    super("The client went away before the answer was complete.");
  }
}

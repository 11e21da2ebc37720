// commander hands its settings (how errors end, what help says) only to commands made by `.command()`; ours are made in files.
import type { Command } from "commander";

export function adopt(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) adopt(child, command);
  return command;
}

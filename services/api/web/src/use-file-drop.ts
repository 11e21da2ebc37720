import { useEffect, useRef, useState } from "react";
import { sortDropped } from "./read-folder.ts";

type Take = (files: readonly File[]) => void;
type TakeFolders = (folders: readonly FileSystemDirectoryEntry[]) => void;

/** Takes files, and where it is wanted folders, that are dropped anywhere on the page. @returns whether some are held over it */
export function useFileDrop(take: Take, takeFolders: TakeFolders = () => {}): boolean {
  const [isOver, setOver] = useState(false);
  const latest = useRef({ take, takeFolders });
  latest.current = { take, takeFolders };
  useEffect(() => {
    const over = (event: DragEvent) => {
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent) => event.relatedTarget || setOver(false);
    const drop = (event: DragEvent) => {
      event.preventDefault();
      setOver(false);
      if (!event.dataTransfer) return;
      const { files, folders } = sortDropped(event.dataTransfer);
      if (files.length > 0) latest.current.take(files);
      if (folders.length > 0) latest.current.takeFolders(folders);
    };
    document.addEventListener("dragover", over);
    document.addEventListener("dragleave", leave);
    document.addEventListener("drop", drop);
    return () => {
      document.removeEventListener("dragover", over);
      document.removeEventListener("dragleave", leave);
      document.removeEventListener("drop", drop);
    };
  }, []);
  return isOver;
}

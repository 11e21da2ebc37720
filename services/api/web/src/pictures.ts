// Where the parts of the page find the one cache of pictures.
import { createContext, use, useEffect, useState } from "react";
import type { Picture, PictureCache } from "./picture-cache.ts";

type Shown = { address?: string | undefined; hasFailed: boolean };

const PicturesContext = createContext<PictureCache | undefined>(undefined);
export const PicturesProvider = PicturesContext.Provider;

/**
 * @param wait milliseconds, by the time that a picture is wanted, before one that is not there yet is asked for
 * @returns the address to show; `hasFailed` where the picture cannot be had
 */
export function usePicture({ dataset, key, size }: Picture, wait?: { readonly current: number }): Shown {
  const pictures = use(PicturesContext);
  const name = `${dataset} ${key} ${size}`;
  const [loaded, setLoaded] = useState<{ name: string; address?: string; hasFailed: boolean }>();
  useEffect(() => {
    const picture = { dataset, key, size };
    if (pictures?.known(picture)) return;
    const controller = new AbortController();
    const { signal } = controller;
    const load = () =>
      pictures?.load(picture, signal).then(
        (address) => signal.aborted || setLoaded({ name, address, hasFailed: false }),
        () => signal.aborted || setLoaded({ name, hasFailed: true }),
      );
    const timer = setTimeout(load, wait?.current ?? 0);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [pictures, dataset, key, size, name, wait]);
  const current = loaded?.name === name ? loaded : undefined;
  return {
    address: current?.address ?? pictures?.known({ dataset, key, size }),
    hasFailed: current?.hasFailed ?? false,
  };
}

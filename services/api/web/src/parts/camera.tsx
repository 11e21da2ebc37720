import { useEffect, useRef, useState } from "react";

/** Takes one picture after the other; each is asked about as a file that was chosen would be. Nothing is shown where there is no camera. */
export function Camera({ onPicture }: { onPicture(file: File): void }) {
  const hasCamera = useHasCamera();
  const [stream, setStream] = useState<MediaStream>();
  const [fault, setFault] = useState("");
  useEffect(() => () => stop(stream), [stream]);
  if (!hasCamera) return null;
  const open = () => {
    setFault("");
    // Of two, the one that looks away from the person.
    const wanted = { video: { facingMode: "environment" } };
    navigator.mediaDevices.getUserMedia(wanted).then(setStream, (error: unknown) => setFault(wordsOf(error)));
  };
  return (
    <section className="camera" aria-label="Camera">
      {stream ? (
        <Viewfinder stream={stream} onPicture={onPicture} onClose={() => setStream(undefined)} />
      ) : (
        <button type="button" className="second" onClick={open}>
          Use the camera
        </button>
      )}
      {fault ? (
        <p className="note fault" role="alert">
          {fault}
        </p>
      ) : null}
    </section>
  );
}

type ViewfinderProps = { stream: MediaStream; onPicture(file: File): void; onClose(): void };

function Viewfinder({ stream, onPicture, onClose }: ViewfinderProps) {
  const video = useRef<HTMLVideoElement>(null);
  const [isReady, setReady] = useState(false);
  useEffect(() => {
    if (video.current) video.current.srcObject = stream;
    // A camera that is pulled out ends its tracks.
    const [track] = stream.getTracks();
    track?.addEventListener("ended", onClose);
    return () => track?.removeEventListener("ended", onClose);
  }, [stream, onClose]);
  return (
    <>
      <video
        ref={video}
        className="preview"
        aria-label="What the camera sees"
        autoPlay
        muted
        playsInline
        onLoadedData={() => setReady(true)}
      />
      <p className="actions">
        <button
          type="button"
          disabled={!isReady}
          onClick={() => video.current && void pictureOf(video.current).then((file) => file && onPicture(file))}
        >
          Take a picture
        </button>
        <button type="button" className="second" onClick={onClose}>
          Close the camera
        </button>
      </p>
    </>
  );
}

function useHasCamera(): boolean {
  const [hasCamera, setHasCamera] = useState(false);
  useEffect(() => {
    // Browsers have cameras for pages of https and of this machine only.
    const { mediaDevices } = navigator as { mediaDevices?: MediaDevices };
    const look = () =>
      void mediaDevices?.enumerateDevices().then(
        (devices) => setHasCamera(devices.some(({ kind }) => kind === "videoinput")),
        () => {},
      );
    look();
    mediaDevices?.addEventListener("devicechange", look);
    return () => mediaDevices?.removeEventListener("devicechange", look);
  }, []);
  return hasCamera;
}

const stop = (stream: MediaStream | undefined) => {
  for (const track of stream?.getTracks() ?? []) track.stop();
};

/** As the camera sees it, in its own size. */
async function pictureOf(video: HTMLVideoElement): Promise<File | undefined> {
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.95));
  return blob ? new File([blob], "camera.jpg", { type: "image/jpeg" }) : undefined;
}

const REFUSALS: Record<string, string> = {
  NotAllowedError:
    "The browser does not let this page use the camera: allow it beside the page's address, and try again.",
  NotFoundError: "No camera was found: plug one in, or choose a picture.",
  NotReadableError: "The camera cannot be opened, perhaps since another program uses it: close that, and try again.",
};

const wordsOf = (error: unknown): string =>
  (error instanceof Error && REFUSALS[error.name]) || `The camera cannot be used: ${String(error)}`;

// What a trainer and its training child read from the environment.
import { availableParallelism, tmpdir, totalmem, userInfo } from "node:os";
import { join } from "node:path";
import { ENGINES } from "@ursa/contracts/model";
import { commonConfig, count, decoderConfig, portConfig, workerConfig } from "@ursa/service/config";
import { z } from "zod";

/** Leaves a quarter to the decoders, the trainer itself and the machine. In a container, what the container may use. */
const TRAINING_SHARE = 0.75;
// Where there is no limit, Node says 0, or on some kernels 2^64.
const memoryMb = () =>
  Math.round((TRAINING_SHARE * Math.min(process.constrainedMemory() || totalmem(), totalmem())) / 2 ** 20);

export const trainerConfig = z.object({
  ...commonConfig,
  ...workerConfig,
  ...portConfig(8082, "Port of health and metrics"),
  URSA_THREADS: count(256)
    .default(availableParallelism())
    .meta({ description: "Threads that train; default: one per core" }),
  URSA_TRAINER_ENGINE: z
    .enum(["auto", ...ENGINES])
    .default("auto")
    .meta({
      description:
        "What trains: compiled, native or native-gpu, which must be there; auto is native-gpu where it is installed and finds a GPU, else compiled",
    }),
  ...decoderConfig,
  URSA_WORK_DIR: z
    .string()
    .default(join(tmpdir(), `ursa-trainer-${userInfo().uid}`))
    .meta({
      description:
        "Scratch space for cached activations, about 100 kB for each picture, emptied after each job except for `graphs`; default: a folder of this user in the system's temporary folder",
    }),
  URSA_ACTIVATIONS_MB: count(100_000_000).default(8192).meta({
    description:
      "Most that a run keeps of the activations of frozen layers in the scratch space. Where more was wanted, stage 1 sees fewer augmented views of each picture, and a partial stage 2, which also leaves half of what is free there, computes the rest each time",
  }),
  URSA_GRAPH_CACHE_MB: z.coerce.number().int().min(0).max(100_000_000).default(512).meta({
    description:
      "Most that optimized graphs of training steps take in the folder `graphs` of the scratch space, up to 54 MB each at the default size and batch; those used last stay, and the next run of the same step starts a second or two sooner. 0 keeps none",
  }),
  // Also read by `ursa weights`, which fills it.
  URSA_WEIGHTS_DIR: z
    .string()
    .optional()
    .meta({ description: "Folder of the weights that were added; default: .ursa/weights in the repository" }),
  URSA_TRAIN_MEMORY_MB: count(10_000_000)
    .default(memoryMb)
    .meta({ description: "Memory at which training is ended; default: three quarters of what there is" }),
});

// Metrics of training and of answering with what was trained.
import type { Progress } from "@ursa/contracts/record";
import type { CounterOf, HistogramOf, Makers, PassingGauge, PlainGauge } from "./metric-makers.ts";

export type Device = "cpu" | "gpu";
/** `write`: the store did not take it. `corrupt`: it was read back and is not what was written. */
export const CHECKPOINT_FAILURES = ["write", "corrupt"] as const;
type PredictMode = "single" | "batch";
type NoLabels = Record<never, string>;

export function trainingMetrics(make: Makers) {
  const trainEpochDuration: HistogramOf<{ device: Device }> = make.histogram(
    "train_epoch_duration_seconds",
    "Time one epoch of training took, validation included",
    ["device"],
    [1, 5, 15, 60, 300, 900, 3600],
  );
  const trainImages: CounterOf<{ phase: "train" | "valid"; device: Device }> = make.counter(
    "train_images_total",
    "Pictures trained on or validated with, counted when their epoch ends",
    ["phase", "device"],
  );
  const checkpointWrite = make.histogram(
    "checkpoint_write_seconds",
    "Time one checkpoint took to be stored",
    [],
    [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60],
  );
  const checkpointBytes = make.histogram(
    "checkpoint_bytes",
    "Size of one checkpoint",
    [],
    [1e4, 1e5, 1e6, 1e7, 1e8, 1e9],
  );
  const checkpointFailures: CounterOf<{ reason: (typeof CHECKPOINT_FAILURES)[number] }> = make.counter(
    "checkpoint_failures_total",
    "Checkpoints that could not be stored, or were unusable when a run wanted to go on from them",
    ["reason"],
  );
  return {
    ...{ trainEpochDuration, trainImages, checkpointFailures, ...liveTraining(make), ...gpuMetrics(make) },
    checkpointWrite: { observe: (seconds: number): void => checkpointWrite.observe(seconds) },
    checkpointBytes: { observe: (bytes: number): void => checkpointBytes.observe(bytes) },
  };
}

/** Of the run that this trainer is at; without one they are not there. Which run it is, and its history, is in the record. */
function liveTraining(make: Makers) {
  const trainLoss: PassingGauge<{ phase: "train" | "valid" }> = make.passing(
    "train_loss",
    "Loss of the present run: train smoothed over batches, valid after the last epoch",
    ["phase"],
  );
  const trainAccuracy: PassingGauge<{ phase: "valid" }> = make.passing(
    "train_accuracy_ratio",
    "Share of the validation pictures that the present run had right after its last epoch",
    ["phase"],
  );
  const trainLearningRate: PassingGauge<NoLabels> = make.passing(
    "train_learning_rate",
    "Learning rate of the present run's head",
  );
  const trainImagesPerSecond: PassingGauge<NoLabels> = make.passing(
    "train_images_per_second",
    "Pictures that the present run trains on in a second",
  );
  const trainEta: PassingGauge<NoLabels> = make.passing(
    "train_eta_seconds",
    "Time that the present run's stage still needs",
  );
  const trainPhaseDone: PassingGauge<{ phase: Progress["phase"] }> = make.passing(
    "train_phase_done_ratio",
    "How much of its present phase the run has done",
    ["phase"],
  );
  const trainLastProgress: PassingGauge<NoLabels> = make.passing(
    "train_last_progress_timestamp_seconds",
    "When the present run last made progress, in Unix time",
  );
  return {
    ...{ trainLoss, trainAccuracy, trainLearningRate, trainImagesPerSecond, trainEta, trainPhaseDone },
    trainLastProgress,
  };
}

function gpuMetrics(make: Makers) {
  const gpuMemoryUsed: PassingGauge<{ gpu: string }> = make.passing(
    "gpu_memory_used_bytes",
    "Memory in use on a GPU that trains, by whoever uses it",
    ["gpu"],
  );
  const gpuMemorySize: PassingGauge<{ gpu: string }> = make.passing(
    "gpu_memory_size_bytes",
    "Memory of a GPU that trains",
    ["gpu"],
  );
  const gpuUtilization: PassingGauge<{ gpu: string }> = make.passing(
    "gpu_utilization_ratio",
    "Share of the last moments in which a GPU that trains was computing",
    ["gpu"],
  );
  return { gpuMemoryUsed, gpuMemorySize, gpuUtilization };
}

const ANSWER_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

export function inferenceMetrics(make: Makers) {
  const load = make.histogram(
    "model_load_seconds",
    "Time to fetch, check and warm up a model",
    [],
    [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  );
  const modelsLoaded: PlainGauge = make.gauge("models_loaded", "Models held ready in memory");
  const modelsLoadedBytes: PlainGauge = make.gauge("models_loaded_bytes", "Memory of the models held ready");
  const predictDuration: HistogramOf<{ stage: "preprocess" | "infer" | "total" }> = make.histogram(
    "predict_duration_seconds",
    "Time to answer one picture, by stage",
    ["stage"],
    ANSWER_BUCKETS,
  );
  const predictQueue = make.histogram(
    "predict_queue_seconds",
    "Time a picture waited until its model was at hand",
    [],
    ANSWER_BUCKETS,
  );
  const predictBatchSize = make.histogram(
    "predict_batch_size",
    "Pictures that one run of a model answered",
    [],
    [1, 2, 4, 8, 16, 32, 64],
  );
  const pictures: CounterOf<{ mode: PredictMode }> = make.counter(
    "predict_pictures_total",
    "Pictures answered with a class: single ones over HTTP, or of a batch from the queue",
    ["mode"],
  );
  return {
    ...{ modelsLoaded, modelsLoadedBytes, predictDuration, predictPictures: pictures },
    modelLoad: { observe: (seconds: number): void => load.observe(seconds) },
    predictQueue: { observe: (seconds: number): void => predictQueue.observe(seconds) },
    predictBatchSize: { observe: (count: number): void => predictBatchSize.observe(count) },
  };
}

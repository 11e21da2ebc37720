// The runs that are being trained now, live, and whether trainers do well. The history of a run is in its record (`ursa model plot`).
import { type Dashboard, perSecond, quantile } from "./dashboard.ts";

export const training: Dashboard = {
  uid: "ursa-training",
  title: "Ursa: Training",
  rows: [
    {
      question: "What is being trained, and when will it be done?",
      panels: [
        {
          ...{ title: "Runs by state", unit: "short" },
          queries: [
            {
              expr: 'max by (state) (ursa_queue_jobs{queue="train",state=~"waiting|active|delayed"})',
              legend: "{{state}}",
            },
          ],
        },
        {
          ...{ title: "Done of the present phase", unit: "percentunit" },
          queries: [
            { expr: "max by (instance, phase) (ursa_train_phase_done_ratio)", legend: "{{instance}} {{phase}}" },
          ],
        },
        {
          ...{ title: "Time left in the stage", unit: "dtdurations", isStat: true },
          queries: [{ expr: "max by (instance) (ursa_train_eta_seconds)", legend: "{{instance}}" }],
        },
        {
          ...{ title: "Since the last progress", unit: "s" },
          queries: [
            { expr: "time() - max by (instance) (ursa_train_last_progress_timestamp_seconds)", legend: "{{instance}}" },
          ],
        },
      ],
    },
    {
      question: "Does it learn?",
      panels: [
        {
          ...{ title: "Loss", unit: "none", description: "Train: smoothed over batches. Valid: after each epoch." },
          queries: [{ expr: "max by (instance, phase) (ursa_train_loss)", legend: "{{instance}} {{phase}}" }],
        },
        {
          ...{ title: "Validation pictures it has right", unit: "percentunit" },
          queries: [{ expr: 'max by (instance) (ursa_train_accuracy_ratio{phase="valid"})', legend: "{{instance}}" }],
        },
        {
          ...{ title: "Learning rate", unit: "none" },
          queries: [{ expr: "max by (instance) (ursa_train_learning_rate)", legend: "{{instance}}" }],
        },
      ],
    },
    {
      question: "How fast is it, and what does it use?",
      panels: [
        {
          ...{ title: "Pictures a second, now", unit: "ops" },
          queries: [{ expr: "max by (instance) (ursa_train_images_per_second)", legend: "{{instance}}" }],
        },
        {
          ...{ title: "Pictures a second, by finished epochs", unit: "ops" },
          queries: [
            { expr: perSecond("ursa_train_images_total", { by: "phase, device" }), legend: "{{phase}} {{device}}" },
          ],
        },
        {
          ...{
            title: "GPU memory",
            unit: "bytes",
            description: "Of the whole card, whoever uses it. Empty without a GPU.",
          },
          queries: [
            { expr: "max by (instance, gpu) (ursa_gpu_memory_used_bytes)", legend: "{{instance}} {{gpu}} used" },
            { expr: "max by (instance, gpu) (ursa_gpu_memory_size_bytes)", legend: "{{instance}} {{gpu}} size" },
          ],
        },
        {
          ...{ title: "GPU busy", unit: "percentunit" },
          queries: [{ expr: "max by (instance, gpu) (ursa_gpu_utilization_ratio)", legend: "{{instance}} {{gpu}}" }],
        },
      ],
    },
    {
      question: "Would a trainer that is lost cost much?",
      panels: [
        {
          ...{ title: "Time of one epoch", unit: "s" },
          queries: [
            {
              expr: quantile(0.5, "ursa_train_epoch_duration_seconds", { by: "device" }),
              legend: "median, {{device}}",
            },
          ],
        },
        {
          ...{ title: "Time to store a checkpoint (p95)", unit: "s" },
          queries: [{ expr: quantile(0.95, "ursa_checkpoint_write_seconds"), legend: "p95" }],
        },
        {
          ...{ title: "Size of a checkpoint", unit: "bytes" },
          queries: [
            {
              expr: `${perSecond("ursa_checkpoint_bytes_sum")} / ${perSecond("ursa_checkpoint_bytes_count")}`,
              legend: "mean",
            },
          ],
        },
        {
          ...{ title: "Checkpoints and trainers lost", unit: "ops" },
          queries: [
            { expr: perSecond("ursa_checkpoint_failures_total", { by: "reason" }), legend: "checkpoint: {{reason}}" },
            { expr: perSecond("ursa_jobs_stalled_total", { where: '{queue="train"}' }), legend: "trainers" },
          ],
        },
      ],
    },
  ],
};

// Every page and its address. A page more is a file in pages/ and a line here.
import { BatchPage } from "./pages/batch.tsx";
import { CleanPage } from "./pages/clean.tsx";
import { DatasetPage } from "./pages/dataset.tsx";
import { HomePage } from "./pages/home.tsx";
import { LearnPage } from "./pages/learn.tsx";
import { ModelPage } from "./pages/model.tsx";
import { ModelsPage } from "./pages/models.tsx";
import { AddPicturesPage, NewDatasetPage } from "./pages/new-dataset.tsx";
import { PredictionPage } from "./pages/prediction.tsx";
import { TrainPage } from "./pages/train.tsx";
import { TryItPage } from "./pages/try-it.tsx";
import type { Page } from "./router.ts";

export const PAGES: readonly Page[] = [
  { path: "/", title: "Home", view: HomePage },
  { path: "/datasets/new", title: "New dataset", view: NewDatasetPage },
  { path: "/datasets/{id}", title: "Dataset", view: DatasetPage },
  { path: "/datasets/{id}/clean", title: "Clean", view: CleanPage },
  { path: "/datasets/{id}/add", title: "Add pictures", view: AddPicturesPage },
  { path: "/train", title: "Train", view: TrainPage },
  { path: "/models", title: "Models", view: ModelsPage },
  { path: "/models/{id}", title: "Model", view: ModelPage },
  { path: "/try", title: "Try it", view: TryItPage },
  { path: "/batch", title: "Batch", view: BatchPage },
  { path: "/predictions/{id}", title: "Batch", view: PredictionPage },
  { path: "/learn", title: "Learn", view: LearnPage },
];

/** What the navigation leads to. */
export const MENU = ["/", "/datasets/new", "/train", "/models", "/try", "/batch", "/learn"];

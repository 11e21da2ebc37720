// The page's beginning.
import "./configure-zod.ts";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import "uplot/dist/uPlot.min.css";
import "./style.css";
import "./pages.css";
import "./clean.css";
import "./judgement.css";

const root = document.getElementById("root");
if (root) createRoot(root).render(<App />);

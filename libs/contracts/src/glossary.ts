// The words of the lesson, each said once: the web page's tooltips and its glossary read them here, and docs/glossary.md is made of them.

export type GlossaryEntry = { term: string; says: string };

/** In alphabetical order. */
export const GLOSSARY = [
  {
    term: "architecture",
    says: "The formula that a model is, without its parameters: which operations follow each other. ResNet and EfficientNet are architectures.",
  },
  {
    term: "argmax",
    says: "The place of the largest number in a list. Of the probabilities of all classes it is the class that the model answers with.",
  },
  {
    term: "augmentation",
    says: "Showing a picture a little differently each time it is trained on (flipped, turned, cropped, lit), so that the model learns what stays the same.",
  },
  {
    term: "batch",
    says: "The items that one step of training looks at together. A mini-batch is a small part of the training set, drawn anew for each step.",
  },
  {
    term: "calibration",
    says: "Whether a model is right as often as it is sure: of the answers that it gives with a probability of 0.8, eight in ten should be right.",
  },
  {
    term: "channel",
    says: "One of the numbers of a pixel. A colour picture has three: how red, how green and how blue, each from 0 to 255.",
  },
  { term: "class", says: "What a picture may be of, as its label says: one of a fixed list of names." },
  {
    term: "confusion matrix",
    says: "How often each class was taken for each other one: a row for what the picture is of, a column for what the model said. Right answers are on the diagonal.",
  },
  {
    term: "diverge",
    says: "To go further from the optimum with every step, so that the loss grows instead of falling. The learning rate is too big.",
  },
  { term: "epoch", says: "One pass through the whole training set, batch by batch." },
  {
    term: "error rate",
    says: "The share of pictures answered wrongly: 1 - mean(argmax == target), on the validation set. Accuracy is 1 minus it.",
  },
  {
    term: "fine-tuning",
    says: "Training a pretrained model further on one's own pictures: first a new head alone, then, unfrozen, all layers at low rates.",
  },
  {
    term: "gradient",
    says: "The slope of the loss by each parameter: how much the loss changes when that parameter is raised a little. It points uphill.",
  },
  {
    term: "gradient descent",
    says: "Going downhill: each step lowers every parameter by the learning rate times its gradient, so that the loss falls.",
  },
  {
    term: "head",
    says: "The last layers of a network, which turn what it sees into one number per class. Transfer learning makes a new one.",
  },
  {
    term: "held-out loss",
    says: "The loss on points that were not fitted to. It shows what the loss on the training set cannot: whether the fit holds for others.",
  },
  {
    term: "learning rate",
    says: "How far a step goes: the number that the gradient is multiplied by. Too small, and training takes very long; too big, and it diverges.",
  },
  {
    term: "learning-rate finder",
    says: "A short run whose rate rises from tiny to huge. The loss against the rate shows where learning is fast and not yet wild.",
  },
  {
    term: "loss",
    says: "One number for how wrong the model is now, which training makes smaller. For classes it is cross-entropy, in nats.",
  },
  {
    term: "mean squared error",
    says: "The loss of a regression: the mean of (prediction - target)^2 over all points.",
  },
  {
    term: "model",
    says: "An architecture with its parameters: a function from a picture to one probability per class.",
  },
  {
    term: "optimum",
    says: "The parameters at which the loss is least. The loss there is its floor; noise keeps the floor above 0.",
  },
  {
    term: "overfitting",
    says: "Fitting the training set better and everything else worse: the error on the validation set gets worse. A train loss below the valid loss alone is no sign of it.",
  },
  {
    term: "parameters",
    says: "The numbers in a model that training changes, also called weights. A line has two: its slope and its intercept.",
  },
  {
    term: "pretrained",
    says: "Trained before, on other pictures (ImageNet: 1.3 million of 1,000 classes), so that it knows edges, textures and shapes already.",
  },
  {
    term: "probability",
    says: "How sure the model is of a class, from 0 to 1. Those of all classes add up to 1, also for a picture of something else.",
  },
  { term: "regression", says: "Predicting a number, such as y from x, where a classifier predicts a class." },
  {
    term: "stochastic gradient descent",
    says: "Gradient descent by mini-batches (SGD): each step knows the gradient of a few items only, so it is cheap, and the way down is crooked.",
  },
  {
    term: "tensor",
    says: "An array of numbers with one or more axes. A picture is one with three: rows, columns and channels.",
  },
  {
    term: "test set",
    says: "Pictures that neither train the model nor choose between models, so that their error rate is the one to believe.",
  },
  {
    term: "top losses",
    says: "The pictures with the highest loss: those the model was most surely wrong about, or least surely right.",
  },
  { term: "training set", says: "The pictures that the model learns from." },
  {
    term: "transfer learning",
    says: "Starting from a pretrained model instead of from random parameters. It needs far fewer pictures.",
  },
  {
    term: "underfitting",
    says: "A model too simple, or trained too little, to follow what is there: the loss is high on the training set too.",
  },
  {
    term: "validation set",
    says: "Pictures kept aside to measure on while training. The model never learns from them.",
  },
] as const satisfies readonly GlossaryEntry[];

export type Term = (typeof GLOSSARY)[number]["term"];

/** As part of an address. */
export const slugOf = (term: string): string => term.replaceAll(" ", "-");

/** docs/glossary.md */
export const glossaryMarkdown = (): string =>
  [
    "# Glossary",
    "",
    "The words of the lesson, as the web page explains them too. Made from `libs/contracts/src/glossary.ts`; `npx vitest run -u libs/contracts/src/glossary.test.ts` writes it anew.",
    "",
    ...GLOSSARY.flatMap(({ term, says }) => [`- **${term}**: ${says.replaceAll("*", "\\*")}`]),
    "",
  ].join("\n");

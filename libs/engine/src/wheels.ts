// What may be taken from a Python index, pinned: TensorFlow's shared libraries and, for a GPU, NVIDIA's. No Python code is used.

export type Wheel = {
  project: string;
  version: string;
  file: string;
  sha256: string;
  bytes: number;
  /** Where a file of the wheel goes below `deps`; undefined: it is left in the wheel. */
  place(path: string): string | undefined;
};

// Headers that the binding's sources include, directly or through each other; the wheel has 9,899.
const HEADERS = /^tensorflow\/(include\/(?:tensorflow\/(?:c|core\/platform)|tsl)\/.+\.(?:h|inc))$/;
const LIBRARIES = /^tensorflow\/(libtensorflow_(?:cc|framework)\.so\.2)$/;
// Where TensorFlow's libraries look for NVIDIA's: `$ORIGIN/../nvidia/NAME/lib`.
const CUDA_LIBRARIES = /^nvidia\/\w+\/lib\/[^/]+\.so[.\d]*$/;

function placeTensorflow(path: string): string | undefined {
  const library = LIBRARIES.exec(path)?.[1];
  return library ? `lib/${library}` : HEADERS.exec(path)?.[1];
}

const placeCuda = (path: string): string | undefined => (CUDA_LIBRARIES.test(path) ? path : undefined);

function tensorflow(project: string, { sha256, bytes }: { sha256: string; bytes: number }): Wheel {
  // The libraries are the same for every Python version; this is the wheel that is pinned.
  const file = `${project.replace("-", "_")}-2.15.1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl`;
  return { project, version: "2.15.1", file, sha256, bytes, place: placeTensorflow };
}

function nvidia(name: string, version: string, { sha256, bytes }: { sha256: string; bytes: number }): Wheel {
  const project = `nvidia-${name}-cu12`;
  const file = `${project.replaceAll("-", "_")}-${version}-py3-none-manylinux1_x86_64.whl`;
  return { project, version, file, sha256, bytes, place: placeCuda };
}

const CPU: Wheel[] = [
  tensorflow("tensorflow-cpu", {
    sha256: "54660c074d7241a503e81edfd9f5ef5af88f64051b72e2945f26318c790f2d26",
    bytes: 207_208_420,
  }),
];

// The versions are those that the wheel names for its extra "and-cuda", less the compiler and NCCL, which one GPU does without.
const GPU: Wheel[] = [
  tensorflow("tensorflow", {
    sha256: "bb0edd69103c154245c5f209f0507355cc68ba7e4de350084bc31edc562478e4",
    bytes: 475_258_663,
  }),
  nvidia("cublas", "12.2.5.6", {
    sha256: "f448d8db463f9a2c7dd9a1e607c0961d3e95f825b86839c5882f7d073d406df0",
    bytes: 417_825_305,
  }),
  nvidia("cuda-cupti", "12.2.142", {
    sha256: "ce68d1009dd14215e38ed49643d31374c71d6fea381181cb0b9da7f19dfd1624",
    bytes: 13_900_552,
  }),
  nvidia("cuda-nvrtc", "12.2.140", {
    sha256: "b1cdcae6443cb7cdcfb5d1bf51896a148c9f82f9e65b27db9ab095eaed689aa7",
    bytes: 23_430_053,
  }),
  nvidia("cuda-runtime", "12.2.140", {
    sha256: "acb9cb7e44594a3512533497ea790d9f0b0e399abcc888584c157d1ffa080e41",
    bytes: 845_802,
  }),
  nvidia("cudnn", "8.9.4.25", {
    sha256: "9f882d5b11753c566fd32427839089eb4f8ba7a58c28446ad359e32c40229723",
    bytes: 720_096_787,
  }),
  nvidia("cufft", "11.0.8.103", {
    sha256: "72e961e578f9be9e316ccb4db8652c421dd0b57442624faa71061d452f449a67",
    bytes: 98_570_970,
  }),
  nvidia("curand", "10.3.3.141", {
    sha256: "7b6bad6817b5df2a6f5ec221206fb895d9195fdd7d2443f3e86554108c141a0a",
    bytes: 56_463_566,
  }),
  nvidia("cusolver", "11.5.2.141", {
    sha256: "5a85c4653ce34339a5688137f494a0f903e0f0532418550998167f00844161da",
    bytes: 124_890_758,
  }),
  nvidia("cusparse", "12.1.2.141", {
    sha256: "4e13d6a51d2303dcb2a023ba09546811161f0334fc64e13689397bbd3b1eb126",
    bytes: 195_268_625,
  }),
  nvidia("nvjitlink", "12.2.140", {
    sha256: "95635cafbf9f96c38bea5200ab145a2e6aefbb5405e0b04c1e4ba54df2d84ec9",
    bytes: 20_177_273,
  }),
];

/** The wheels of an engine, in the order they are taken. They are for Linux on x86-64. */
export const WHEELS = { native: CPU, "native-gpu": GPU } as const;

// The floors of the house, from the ground up. An import never points up, and imports form no circle.
const floors = [
  ["errors", "async"],
  ["schema", "digest"],
  ["kernels"],
  ["random"],
  ["data"],
  ["experiment"],
  ["program"],
  ["backend"],
  ["trajectory"],
  ["theory", "analysis"],
  ["format"],
  ["train"],
  ["linear"],
  ["curvature"],
  ["forecast"],
  ["store"],
  ["jobs"],
  ["sweep"],
  ["probe"],
  ["paper", "gauge"],
  ["check"],
  ["report"],
  ["adapters"],
  ["entries"],
  ["cli"],
];
const folders = (list) => `^ts/(${list.flat().join("|")})/`;

module.exports = {
  forbidden: [
    ...floors.slice(0, -1).map((floor, i) => ({
      name: `${floor.join("-")}-looks-up`,
      severity: "error",
      from: { path: folders(floor) },
      to: { path: folders(floors.slice(i + 1)) },
    })),
    {
      name: "theory-and-analysis-know-no-machine",
      severity: "error",
      from: { path: "^ts/(theory|analysis)/" },
      to: { path: "^ts/(backend|kernels|program)/" },
    },
    {
      name: "gpu-knows-only-itself",
      comment:
        "Kernels in WGSL are the backend's alone to run, and know nothing of what they compute.",
      severity: "error",
      from: { path: "^gpu/" },
      to: { pathNot: "^gpu/" },
    },
    {
      name: "gpu-is-the-backends",
      severity: "error",
      from: { path: "^ts/", pathNot: "^ts/backend/" },
      to: { path: "^gpu/" },
    },
    { name: "no-circles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "node-only-where-it-says-so",
      comment: "What browsers load imports nothing of Node's.",
      severity: "error",
      from: { path: "^ts/", pathNot: "^ts/(cli/|.*/node/)" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "portable-stays-portable",
      severity: "error",
      from: { path: "^ts/", pathNot: "^ts/(cli/|.*/node/)" },
      to: { path: "^ts/(cli/|.*/node/)" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { extensions: [".ts", ".js"], conditionNames: ["import", "types"] },
  },
};

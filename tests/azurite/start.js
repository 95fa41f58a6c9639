// Azurite that ends with whoever started it, however that one ends: when standard input closes.
process.stdin.on("end", () => process.exit(0));
process.stdin.on("error", () => process.exit(0));
process.stdin.resume();
// Every ten minutes it looks for what nobody refers to any more, and answers nothing meanwhile: for minutes, after some thousand
// calls. No test lives so long that it would have to.
const { default: Sweeper } = require("azurite/dist/src/blob/gc/BlobGCManager.js");
if (typeof Sweeper.prototype.markSweep !== "function") throw new Error("Azurite sweeps in another way");
Sweeper.prototype.markSweep = async () => {};
require("azurite/dist/src/azurite.js");

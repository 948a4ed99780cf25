// npm run soak [-- seconds]: ten minutes unless said; prints what came of it, and ends with 1 when something does not hold.
import { heapGrowth } from './order.ts';
import { mebibytes, soak } from './soak.ts';

const seconds = Number(process.argv[2] ?? 600);
if (!(seconds >= 40)) throw new Error('A soak takes at least 40 seconds: two lives of its tokens.');
const workers = 32;
const cap = 14;
const lifetime = 20;
console.log(
  `${workers} workers for ${seconds} s on tokens that live ${lifetime} s, at most ${cap} connections`,
);
const started = Date.now();
const { report, tokens, broken } = await soak({ seconds, workers, cap, lifetime }, (line) => {
  console.log(`  ${Math.round((Date.now() - started) / 1000)} s: ${line}`);
});
const { heap } = report;
const failed = Object.values(report.failures).reduce((sum, count) => sum + count, 0);
console.log(
  `requests          ${report.reads} reads, ${report.written} rows written (${report.transactions} transactions, ${report.sessions} sessions), ${failed} failed`,
);
console.log(`rows in the table ${report.rows}, different ${report.distinct}`);
for (const { who, asked, expected } of tokens)
  console.log(`tokens            ${asked} of ${who}, by the formula ${expected}`);
console.log(
  `connections       at most ${report.mostConnections} of ${cap} at a time, ${report.created} made, retired: ${
    Object.entries(report.retired)
      .filter(([, count]) => count > 0)
      .map(([why, count]) => `${why} ${count}`)
      .join(', ') || 'none'
  }; ${report.leftConnections} left`,
);
console.log(
  `heap              ${mebibytes(Math.min(...heap))} to ${mebibytes(Math.max(...heap))}, last third ${heapGrowth(heap) < 0 ? '' : '+'}${mebibytes(heapGrowth(heap))} against the first`,
);
for (const line of broken) console.log(`DOES NOT HOLD: ${line}`);
console.log(broken.length === 0 ? 'Everything holds.' : `${broken.length} things do not hold.`);
process.exit(broken.length === 0 ? 0 : 1);

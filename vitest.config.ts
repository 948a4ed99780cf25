// The tiers that vitest runs: unit and the local Azure's own tests without VS Code, e2e in a real workbench.
import { defineConfig } from 'vitest/config';

const patient = { testTimeout: 30_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    // Two cores: more workers only make the local Azure's processes wait for each other.
    maxWorkers: 2,
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], ...patient } },
      { test: { name: 'azure', include: ['test/azure/**/*.test.ts'], ...patient } },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
          fileParallelism: false,
        },
      },
    ],
  },
});

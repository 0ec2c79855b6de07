import { defineConfig } from 'vitest/config'
import LongFirst, { alone } from './tools/vitest-sequence.ts'

const isLong = process.env['VIGIE_TEST_LONG'] === '1'
const never = [...(isLong ? [] : ['**/*.long.test.ts']), '**/node_modules/**']

export default defineConfig({
  test: {
    globalSetup: ['tools/vitest-global.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // what is waited for comes at once on a quiet machine; a busy one has time
    expect: { poll: { timeout: 15_000 } },
    // one more than cores: much of what they do is waiting for processes of the product
    maxWorkers: 3,
    sequence: { sequencer: LongFirst },
    projects: [
      { extends: true, test: { name: 'alone', include: alone, exclude: never } },
      // One after the other in a worker that loads the product's modules once: loading them is dearer than what most of these files do.
      {
        extends: true,
        test: { name: 'together', include: ['packages/*/src/**/*.test.{ts,tsx}'], exclude: [...alone, ...never], isolate: false },
      },
    ],
  },
})

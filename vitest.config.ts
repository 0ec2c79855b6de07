import { defineConfig } from 'vitest/config'
import LongFirst from './tools/vitest-sequence.ts'

const isLong = process.env['VIGIE_TEST_LONG'] === '1'

export default defineConfig({
  test: {
    include: ['packages/*/{src,e2e}/**/*.test.{ts,tsx}', 'tools/**/*.test.ts'],
    exclude: [...(isLong ? [] : ['**/*.long.test.ts']), '**/node_modules/**'],
    globalSetup: ['tools/vitest-global.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // one more than cores: much of what they do is waiting for processes of the product
    maxWorkers: 3,
    sequence: { sequencer: LongFirst },
  },
})

import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Files with a process of their own: they measure it, change its environment (a browser's libraries), or stand on a copy of an estate, whose ids are those of other
 * copies, so that what the product remembers by id in one would answer in the other. The others share a worker (`isolate: false`): what a module remembers stays from file to file.
 */
export const alone = [
  'packages/*/e2e/**/*.test.ts',
  'tools/**/*.test.ts',
  'packages/bench/**/*.test.ts',
  '**/{*.,}{plan,live,long,kill,matrix}.test.ts',
  'packages/*/src/cli/**/*.test.ts',
  'packages/agent/src/{install,deb,targets}.test.ts',
  'packages/server/src/main.test.ts',
  'packages/server/src/customers/logo.test.ts',
]

/** Whole products, real engines, filled estates, kills: whatever takes long however short its file is. */
const long = /[\\/]e2e[\\/]|[\\/.]plan\.|kill|\.live\.|matrix|[\\/]cli[\\/]|server[\\/]src[\\/]main\./

/** Those that take longest by far begin at once: a run is over no sooner than they are. */
const longest = /[\\/](looks|site|access|matrix)\.test\./

/** Long files first, so that a run does not end with one worker busy and the others done; among equals the runner's own order (size, where nothing was measured before). */
export default class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const rank = ({ moduleId, project }: TestSpecification) =>
      !long.test(moduleId) ? (project.config.isolate ? 2 : 3) : longest.test(moduleId) ? 0 : 1
    return [0, 1, 2, 3].flatMap((wanted) => sorted.filter((file) => rank(file) === wanted))
  }
}

import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Whole products, real engines, filled estates, kills: whatever takes long however short its file is. */
const long = /[\\/]e2e[\\/]|\.plan\.|kill|\.live\.|matrix/

/** Long files first, so that a run does not end with one worker busy and the others done; among equals the runner's own order (size, where nothing was measured before). */
export default class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return [...sorted.filter(({ moduleId }) => long.test(moduleId)), ...sorted.filter(({ moduleId }) => !long.test(moduleId))]
  }
}

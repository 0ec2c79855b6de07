/** Why an agent is shown as `plug-in-error` (AGT-2): text keys below `agent-cause.`. */
export type EngineCause = 'engine-missing' | 'engine-stopped' | 'engine-faulty'

/**
 * What an engine's own problem means for the agent that drives it. Null: the engine works, something beside it does not (it is shown with the endpoint, and
 * where it matters it has an event of its own). A problem of a newer agent that is not listed counts as faulty.
 */
const causes: Readonly<Record<string, EngineCause | null>> = {
  'clamd-missing': 'engine-missing',
  'clamd-stopped': 'engine-stopped',
  'clamd-not-answering': 'engine-faulty',
  'signatures-missing': 'engine-faulty',
  'log-unreadable': 'engine-faulty',
  'on-access-missing': null,
  'on-access-stopped': null,
  'on-access-not-protecting': null,
  'update-failed': null,
  'updater-missing': null,
  'signatures-broken': null,
  'agent-disk-full': null,
  'agent-disk-failed': null,
}

export const causeOf = (problem: string | null): EngineCause | null =>
  problem === null ? null : Object.hasOwn(causes, problem) ? causes[problem]! : 'engine-faulty'

import type { Endpoint } from '@vigie/domain/products'
import { Ago, Glyph, StateTag, type Sign } from '../kit/index.ts'
import css from './inventory.module.css'

type ScanState = NonNullable<Endpoint['engine']>['realTimeScan']
const tones: Readonly<Record<ScanState, Sign | 'good' | 'quiet'>> = {
  on: 'good',
  'on-not-protecting': 'action-required',
  off: 'action-required',
  unsupported: 'quiet',
  unknown: 'unknown',
}

/** Real-time scan in a word. Before the engine's first report nothing is known. */
export function RealTimeScanTag({ state }: { state: ScanState | undefined }) {
  return <StateTag label={`real-time-scan.${state ?? 'unknown'}`} tone={tones[state ?? 'unknown']} />
}

/** Running now, or when the last one ended. */
export function LastScan({ engine }: { engine: Endpoint['engine'] }) {
  if (engine === null) return <span className="faint">–</span>
  if (engine.scan.isRunning) return <StateTag label="inventory.scan-running" tone="pending" />
  return <Ago at={engine.scan.finishedAt} />
}

/** Version of the newest patterns and their age: one says little without the other. */
export function Pattern({ engine, isOutdated = false }: { engine: Endpoint['engine']; isOutdated?: boolean }) {
  if (engine === null || (engine.patternVersion === null && engine.patternBuiltAt === null)) return <span className="faint">–</span>
  return (
    <span className={css.pattern}>
      {isOutdated && <Glyph sign="warning" size={12} />}
      {engine.patternVersion}{' '}
      <span className={isOutdated ? css.old : 'faint'}>
        <Ago at={engine.patternBuiltAt} never="common.unknown" />
      </span>
    </span>
  )
}

import { Portal } from '@mantine/core'
import type { DashboardTab } from '@vigie/domain/dashboard'
import { useEffect, useRef, useState, type CSSProperties } from 'react'
import { Glyph, IconButton, queryClient, useFormat, useGo, useText } from '../kit/index.ts'
import { useLiveState } from '../kit/live.ts'
import { WallAlert } from '../outbreak/index.ts'
import { figureKey, kindOf, lostAfterMs, Unpressable, useFigure, widgetOf } from '../widgets/index.ts'
import css from './Wall.module.css'
import dashboard from './dashboard.module.css'
import { Updated } from './WidgetHead.tsx'
import { WidgetBody } from './WidgetBody.tsx'
import { useTicking } from './useTicking.ts'
import { lostSince, wallZoom } from './wall.ts'
import { tabName } from './words.ts'

/**
 * DSH-1 on a wall: the tabs in turn, large, with nothing to press. Escape, or leaving the full screen, ends it; who touches the screen is offered the way out for a moment. Figures are asked for
 * every minute, which keeps the session; when they cannot be had, it says since when, and what it shows is greyed.
 */
export function Wall({ tabs, start, seconds }: { tabs: readonly DashboardTab[]; start: string; seconds: number }) {
  const say = useText()
  const go = useGo()
  const format = useFormat()
  const live = useLiveState()
  const now = useTicking(1000)
  const surface = useRef<HTMLDivElement>(null)
  const shown = tabs.filter(({ widgets }) => widgets.length > 0)
  const [at, setAt] = useState(() =>
    Math.max(
      0,
      shown.findIndex(({ id }) => id === start),
    ),
  )
  const [isTouched, setTouched] = useState(true)
  const tab = shown[at % Math.max(1, shown.length)]
  const leave = useRef(() => {})
  leave.current = () => {
    if (document.fullscreenElement) void document.exitFullscreen().catch(() => {})
    void go('?wall=', { replace: true })
  }

  useEffect(() => {
    surface.current?.focus()
    const onKey = (event: KeyboardEvent) => {
      // no shortcut of the console behind it works while it stands
      event.stopPropagation()
      if (event.key === 'Escape') leave.current()
      else if (event.key === 'ArrowRight') setAt((one) => one + 1)
      else if (event.key === 'ArrowLeft') setAt((one) => one + Math.max(1, shown.length) - 1)
    }
    // who leaves the full screen by the browser's own way leaves the wall
    const onScreen = () => {
      if (!document.fullscreenElement) leave.current()
    }
    window.addEventListener('keydown', onKey, { capture: true })
    document.addEventListener('fullscreenchange', onScreen)
    return () => {
      window.removeEventListener('keydown', onKey, { capture: true })
      document.removeEventListener('fullscreenchange', onScreen)
    }
  }, [shown.length])
  useEffect(() => {
    if (shown.length < 2) return
    const timer = setInterval(() => setAt((one) => one + 1), Math.max(1, Math.min(3600, seconds || 30)) * 1000)
    return () => clearInterval(timer)
  }, [shown.length, seconds, at])
  useEffect(() => {
    if (!isTouched) return
    const timer = setTimeout(() => setTouched(false), 4000)
    return () => clearTimeout(timer)
  }, [isTouched])
  useAwake()

  const counted = queryClient
    .getQueryCache()
    .findAll({ queryKey: [figureKey], type: 'active' })
    .map(({ state }) => ({ updatedAt: state.dataUpdatedAt, hasFailed: state.status === 'error' || state.fetchFailureCount > 0 }))
  const since = lostSince(counted, live, now, lostAfterMs)
  return (
    <Portal>
      <div
        ref={surface}
        className={css.wall}
        role="dialog"
        aria-modal="true"
        aria-label={say('dashboard.wall')}
        tabIndex={-1}
        data-lost={since !== null || undefined}
        style={{ zoom: wallZoom(window.innerWidth, window.innerHeight) }}
        onPointerMove={() => setTouched(true)}
      >
        <div className={css.head}>
          <h2>{tab ? tabName(say, tab) : ''}</h2>
          {shown.length > 1 && (
            <ol className={css.dots} aria-hidden="true">
              {shown.map(({ id }) => (
                <li key={id} data-current={id === tab?.id || undefined} />
              ))}
            </ol>
          )}
          {since !== null && (
            <p className={css.lost} role="alert">
              <Glyph sign="unknown" size={18} />
              {say('dashboard.wall.lost', { since: format.moment(new Date(since)) })}
            </p>
          )}
          <WallAlert />
          <time className={css.clock}>{format.clock(now)}</time>
          {isTouched && (
            <span className={css.way}>
              <IconButton kind="plain" icon="close" label={say('dashboard.wall.leave')} onClick={() => leave.current()} />
            </span>
          )}
        </div>
        {tab && (
          <div className={css.grid} style={{ '--columns': tab.columns } as CSSProperties}>
            <Unpressable value={true}>
              {tab.widgets.map((widget) => (
                <WallWidget
                  key={`${tab.id} ${widget.id}`}
                  kind={widget.kind}
                  span={Math.min(widget.span, tab.columns)}
                  height={widget.height}
                  options={widget.options}
                />
              ))}
            </Unpressable>
          </div>
        )}
        {isTouched && <p className={css.hint}>{say('dashboard.wall.hint')}</p>}
      </div>
    </Portal>
  )
}

function WallWidget({ kind, span, height, options }: Pick<DashboardTab['widgets'][number], 'kind' | 'span' | 'height' | 'options'>) {
  const say = useText()
  const definition = widgetOf(kind)
  const range = definition.figure.ranges.find((one) => one === options.range) ?? definition.range ?? definition.figure.ranges[0]
  const view = definition.views.find((one) => one === options.view) ?? definition.views[0]
  const threat = kindOf(definition, options)
  const figure = useFigure(definition.figure, range, threat)
  const title = say(`figure.${kind}`)
  return (
    <section
      className={`${dashboard.widget} ${css.widget}`}
      aria-label={title}
      style={{ '--span': span, '--height': height } as CSSProperties}
    >
      <div className={dashboard.head}>
        <div className={dashboard.titles}>
          <h3 className={css.title}>{title}</h3>
          <p className={dashboard.meta} data-long={threat !== undefined || undefined}>
            {range !== undefined && <>{say(`widgets.range.${range}`)} · </>}
            {threat !== undefined && <>{say(`widgets.kind.${threat}`)} · </>}
            <Updated figure={figure} />
          </p>
        </div>
      </div>
      <WidgetBody
        definition={definition}
        figure={figure}
        options={{ ...options, ...(view === undefined ? {} : { view }) }}
        choose={() => {}}
        label={title}
      />
    </section>
  )
}

/** The screen does not go dark while it stands on a wall; asked for again when the window is seen again. */
function useAwake(): void {
  useEffect(() => {
    let lock: WakeLockSentinel | undefined
    let isGone = false
    const ask = () => {
      if (document.visibilityState !== 'visible') return
      void navigator.wakeLock?.request('screen').then(
        (held) => {
          if (isGone) void held.release()
          else lock = held
        },
        () => {},
      )
    }
    ask()
    document.addEventListener('visibilitychange', ask)
    return () => {
      isGone = true
      document.removeEventListener('visibilitychange', ask)
      void lock?.release().catch(() => {})
    }
  }, [])
}

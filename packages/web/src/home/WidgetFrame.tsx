import type { PlacedWidget, WidgetOptions } from '@vigie/domain/dashboard'
import {
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
  type CSSProperties,
  type HTMLAttributes,
  type KeyboardEvent,
  type PointerEvent,
} from 'react'
import { Dialog, Icon, IconButton, useText } from '../kit/index.ts'
import { kindOf, useFigure, widgetOf } from '../widgets/index.ts'
import css from './dashboard.module.css'
import { ChoiceMenu, Updated } from './WidgetHead.tsx'
import { WidgetMenu } from './WidgetMenu.tsx'
import { WidgetBody } from './WidgetBody.tsx'

interface Props {
  widget: PlacedWidget
  /** Of its tab. */
  columns: number
  /** Something dragged would go before or after it. */
  drop: 'before' | 'after' | undefined
  isDragged: boolean
  isHeld: boolean
  isFirst: boolean
  isLast: boolean
  /** Must not be closed: the last Notifications. */
  stays: boolean
  grip: Pick<HTMLAttributes<HTMLElement>, 'onPointerDown' | 'onPointerMove' | 'onPointerUp' | 'onPointerCancel'>
  hold: { toggle(): void; cancel(): void; move(by: -1 | 1): void; resize(columns: number, rows: number): void }
  others: readonly { id: string; name: string; isFull: boolean }[]
  onStep(by: -1 | 1): void
  onSend(tabId: string): void
  onResize(size: Partial<Pick<PlacedWidget, 'span' | 'height'>>): void
  onChoose(options: WidgetOptions): void
  onClose(): void
}

/** A widget with all that every widget has: title, range, age, switch, refresh, help, close, and the two handles that move and resize it. */
export function WidgetFrame(props: Props) {
  const { widget, columns, drop, isDragged, isHeld, grip, hold, onResize, onChoose } = props
  const say = useText()
  const titleId = useId()
  const hintId = useId()
  const definition = widgetOf(widget.kind)
  const range = definition.figure.ranges.find((one) => one === widget.options.range) ?? definition.range ?? definition.figure.ranges[0]
  const view = definition.views.find((one) => one === widget.options.view) ?? definition.views[0]
  const kind = kindOf(definition, widget.options)
  const figure = useFigure(definition.figure, range, kind)
  const [isHelpOpen, setHelpOpen] = useState(false)
  const handle = useRef<HTMLButtonElement>(null)
  const box = useRef<HTMLElement>(null)
  const [size, setSize] = useState<{ span: number; height: number } | null>(null)
  // moved in the page, the handle loses the keyboard's attention: it takes it back
  useLayoutEffect(() => {
    if (isHeld) handle.current?.focus()
  })
  useEffect(() => {
    if (isHeld) box.current?.scrollIntoView({ block: 'nearest' })
  })

  const onKey = (event: KeyboardEvent) => {
    const steps: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }
    if (event.key === 'Enter' || event.key === ' ') hold.toggle()
    else if (!isHeld) return
    else if (event.key === 'Escape') hold.cancel()
    else if (event.key === 'Tab') return hold.toggle()
    else if (event.key in steps) {
      const [x, y] = steps[event.key]!
      if (event.shiftKey) hold.resize(x, y)
      else hold.move((x + y) as -1 | 1)
    } else return
    event.preventDefault()
    event.stopPropagation()
  }
  const title = say(`figure.${widget.kind}`)
  const shown = size ?? { span: Math.min(widget.span, columns), height: widget.height }
  return (
    <section
      ref={box}
      className={css.widget}
      {...(kind === undefined || range === undefined
        ? { 'aria-labelledby': titleId }
        : // the same one may stand there twice, of two kinds
          { 'aria-label': `${title}, ${say(`widgets.range.${range}`)}, ${say(`widgets.kind.${kind}`)}` })}
      data-drag={`widget ${widget.id}`}
      data-kind={widget.kind}
      data-drop={drop}
      data-dragged={isDragged || undefined}
      data-held={isHeld || undefined}
      data-refreshing={figure.data === undefined && figure.error === null ? true : undefined}
      style={{ '--span': shown.span, '--height': shown.height } as CSSProperties}
    >
      <header className={css.head}>
        <button
          ref={handle}
          type="button"
          className={css.grip}
          aria-label={say('dashboard.widget.move', { widget: title })}
          aria-pressed={isHeld}
          aria-describedby={hintId}
          onKeyDown={onKey}
          {...grip}
        >
          <Icon name="grip" size={14} />
        </button>
        <span id={hintId} hidden>
          {say('dashboard.widget.move.help')}
        </span>
        <div className={css.titles}>
          <h2 id={titleId}>{title}</h2>
          <p className={css.meta} data-long={kind !== undefined || undefined}>
            {range !== undefined && (
              <ChoiceMenu
                of="range"
                choices={definition.figure.ranges}
                chosen={range}
                onChoose={(next) => onChoose({ range: next })}
                widget={title}
              />
            )}
            {kind !== undefined && (
              <ChoiceMenu
                of="kind"
                choices={definition.figure.kinds!}
                chosen={kind}
                onChoose={(next) => onChoose({ kind: next })}
                widget={title}
              />
            )}
            <Updated figure={figure} />
          </p>
        </div>
        <div className={css.buttons}>
          {definition.views.length > 1 && (
            <IconButton
              size="small"
              icon={view === 'chart' ? 'table' : 'chart'}
              label={say(view === 'chart' ? 'dashboard.widget.as-table' : 'dashboard.widget.as-chart')}
              onClick={() => onChoose({ view: view === 'chart' ? 'table' : 'chart' })}
            />
          )}
          <IconButton
            size="small"
            icon="refresh"
            label={say('dashboard.widget.refresh')}
            isBusy={figure.isRefreshing && figure.data !== undefined}
            onClick={figure.refresh}
          />
          <WidgetMenu {...props} title={title} onHelp={() => setHelpOpen(true)} />
        </div>
      </header>
      <WidgetBody
        definition={definition}
        figure={figure}
        options={{ ...widget.options, ...(view === undefined ? {} : { view }) }}
        choose={onChoose}
        label={title}
      />
      <Resizer
        box={box}
        columns={columns}
        present={shown}
        onTry={setSize}
        onDone={(next) => {
          setSize(null)
          onResize(next)
        }}
        onGiveUp={() => setSize(null)}
      />
      {isHelpOpen && (
        <Dialog title={title} closeLabel={say('kit.close')} onClose={() => setHelpOpen(false)}>
          <p>{say(`figure.${widget.kind}.about`)}</p>
          <p className="quiet" style={{ marginTop: 8 }}>
            {say(definition.figure.ranges.length > 0 ? 'dashboard.widget.help.range' : 'dashboard.widget.help.now')}{' '}
            {say('dashboard.widget.help.rows')}
          </p>
        </Dialog>
      )}
    </section>
  )
}

/** The corner by which it is pulled larger or smaller; the keyboard does it with the widget's menu, or while it is held. */
function Resizer({
  box,
  columns,
  present,
  onTry,
  onDone,
  onGiveUp,
}: {
  box: { current: HTMLElement | null }
  columns: number
  present: { span: number; height: number }
  onTry(size: { span: number; height: number }): void
  onDone(size: { span: number; height: number }): void
  onGiveUp(): void
}) {
  const start = useRef<{ x: number; y: number; width: number; height: number; span: number; rows: number } | null>(null)
  const at = (event: PointerEvent) => {
    const from = start.current!
    const column = (from.width + 16) / from.span
    const row = (from.height + 16) / from.rows
    return {
      span: Math.max(1, Math.min(columns, Math.round((from.width + event.clientX - from.x + 16) / column))),
      height: Math.max(2, Math.min(10, Math.round((from.height + event.clientY - from.y + 16) / row))),
    }
  }
  return (
    <span
      className={css.resizer}
      aria-hidden="true"
      onPointerDown={(event) => {
        if (event.button !== 0 || !box.current) return
        event.preventDefault()
        event.currentTarget.setPointerCapture(event.pointerId)
        const { width, height } = box.current.getBoundingClientRect()
        start.current = { x: event.clientX, y: event.clientY, width, height, span: present.span, rows: present.height }
      }}
      onPointerMove={(event) => start.current && onTry(at(event))}
      onPointerUp={(event) => {
        if (!start.current) return
        const next = at(event)
        const { span, rows } = start.current
        start.current = null
        if (next.span === span && next.height === rows) onGiveUp()
        else onDone(next)
      }}
      onPointerCancel={() => {
        start.current = null
        onGiveUp()
      }}
    />
  )
}

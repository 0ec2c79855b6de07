import { isShownTo, mostWidgets, widgetKindIds, type DashboardTab, type WidgetKindId } from '@vigie/domain/dashboard'
import { Button, Dialog, toast, useActor, useText } from '../kit/index.ts'
import { widgetOf } from '../widgets/index.ts'
import css from './Gallery.module.css'
import { isFull } from './edit.ts'
import { Sketch } from './Sketch.tsx'
import { tabName } from './words.ts'

/** What may be added, with its picture and what it is good for. */
export function Gallery({ tab, close, add }: { tab: DashboardTab; close(): void; add(kind: WidgetKindId): void }) {
  const say = useText()
  const actor = useActor()
  const kinds = widgetKindIds.filter(isShownTo(actor.can))
  const full = isFull(tab) ? say('problem.dashboard.too-many-widgets', { limit: mostWidgets }) : undefined
  return (
    <Dialog title={say('dashboard.gallery', { tab: tabName(say, tab) })} closeLabel={say('kit.close')} onClose={close} size={920}>
      <p className="quiet">{say('dashboard.gallery.about', { count: tab.widgets.length, limit: mostWidgets })}</p>
      <ul className={css.kinds}>
        {kinds.map((kind) => {
          const isThere = tab.widgets.some((widget) => widget.kind === kind)
          const name = say(`figure.${kind}`)
          return (
            <li key={kind} className={css.kind}>
              <Sketch of={widgetOf(kind).sketch} />
              <div className={css.words}>
                <h3>{name}</h3>
                <p>{say(`figure.${kind}.about`)}</p>
              </div>
              <div className={css.foot}>
                <Button
                  size="small"
                  icon="plus"
                  disabledReason={full}
                  aria-label={say('dashboard.gallery.add-named', { widget: name })}
                  onClick={() => {
                    add(kind)
                    toast({ key: 'dashboard.gallery.added', values: { widget: name } })
                  }}
                >
                  {say('dashboard.gallery.add')}
                </Button>
                {isThere && <span className="faint">{say('dashboard.gallery.is-there')}</span>}
              </div>
            </li>
          )
        })}
      </ul>
    </Dialog>
  )
}

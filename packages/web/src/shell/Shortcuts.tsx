import { useActor } from '../kit/actor.ts'
import { useText } from '../kit/text.tsx'
import { Dialog } from '../ui/Dialog.tsx'
import { isAllowed, sections } from './sections.ts'
import css from './Shortcuts.module.css'

/** All keys on one sheet. */
export default function Shortcuts({ onClose }: { onClose(): void }) {
  const say = useText()
  const actor = useActor()
  const groups: [string, [string[], string][]][] = [
    [
      'shell.keys.everywhere',
      [
        [['Ctrl', 'K'], 'shell.keys.palette'],
        [['/'], 'shell.keys.palette'],
        [['?'], 'shell.keys.sheet'],
        [['Esc'], 'shell.keys.close'],
      ],
    ],
    [
      'shell.keys.lists',
      [
        [['j'], 'shell.keys.next-row'],
        [['k'], 'shell.keys.previous-row'],
        [['Enter'], 'shell.keys.open-row'],
        [['x'], 'shell.keys.select-row'],
      ],
    ],
    [
      'shell.keys.panel',
      [
        [['↓'], 'shell.keys.panel-next'],
        [['↑'], 'shell.keys.panel-previous'],
      ],
    ],
    [
      'shell.keys.go',
      sections.filter((section) => isAllowed(section, actor.can)).map((section): [string[], string] => [['g', section.key], section.label]),
    ],
  ]
  return (
    <Dialog title={say('shell.shortcuts')} closeLabel={say('kit.close')} onClose={onClose} size={560}>
      <div className={css.sheet}>
        {groups.map(([title, keys]) => (
          <section key={title}>
            <h3>{say(title)}</h3>
            <dl>
              {keys.map(([combination, label]) => (
                <div key={combination.join()}>
                  <dt>{say(label)}</dt>
                  <dd>
                    {combination.map((key) => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  )
}

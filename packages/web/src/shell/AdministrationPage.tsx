import { useActor } from '../kit/actor.ts'
import { Link } from '../kit/Link.tsx'
import { Page, Panel } from '../kit/Page.tsx'
import { useText } from '../kit/text.tsx'
import { Icon } from '../ui/icons.tsx'
import css from './AdministrationPage.module.css'
import { administration, isAllowed } from './sections.ts'

export default function AdministrationPage() {
  const say = useText()
  const actor = useActor()
  return (
    <Page title="shell.administration" narrow>
      <Panel lines>
        {administration
          .filter((page) => isAllowed(page, actor.can))
          .map((page) => (
            <Link key={page.to} to={page.to} className={css.line}>
              <span>
                <strong>{say(page.label)}</strong>
                <span className="quiet">{say(page.about)}</span>
              </span>
              <Icon name="chevronRight" />
            </Link>
          ))}
      </Panel>
    </Page>
  )
}

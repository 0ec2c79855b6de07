import { families } from '@vigie/domain/products'
import { settingsApi, type Template } from '@vigie/domain/settings'
import {
  buttonClass,
  columns,
  DataTable,
  Empty,
  Icon,
  Link,
  load,
  Page,
  paths,
  query,
  useActor,
  useLoaded,
  useText,
  type Filter,
} from '../kit/index.ts'

const list = query(settingsApi.listTemplates).list()
export const loader = load(list)

const column = columns<Template>('settings.template.column')
const shown = [
  column.link('name', (template) => paths.template({ templateId: template.id }), { sort: true }),
  column.cell('families', (template) => <Families template={template} />, { width: 260 }),
  column.cell('version', (template) => <span className="figures">{template.version}</span>, { width: 124, align: 'end' }),
  column.count('followerCount', { width: 120 }),
  column.ago('changedAt', { width: 140, never: 'settings.template.built-in' }),
  column.text('changedBy', undefined, { width: 160 }),
]
const filters: Filter[] = [
  { key: 'family', label: 'settings.template.column.families', options: families.map((value) => ({ value, label: `family.${value}` })) },
]

function Families({ template }: { template: Template }) {
  const say = useText()
  return <>{template.families.map((family) => say(`family.${family}`)).join(say('settings.and'))}</>
}

/** ADM-3: the business's templates, and those that are there from the start. */
export default function TemplatesPage() {
  const say = useText()
  const actor = useActor()
  const loaded = useLoaded(list)
  return (
    <Page
      title="settings.templates"
      about="settings.templates.about"
      crumbs={[{ label: 'shell.administration', to: paths.administration() }]}
      fills
      action={
        actor.can('template.update') && (
          <Link className={buttonClass('primary')} to={paths.template({ templateId: 'new' })}>
            <Icon name="plus" />
            <span>{say('settings.template.new')}</span>
          </Link>
        )
      }
    >
      <DataTable
        {...loaded}
        name="settings.templates"
        columns={shown}
        sort="name"
        filters={filters}
        search="settings.template.search"
        opens={(template) => paths.template({ templateId: template.id })}
        empty={<Empty icon="shield" title="settings.templates.none" />}
      />
    </Page>
  )
}

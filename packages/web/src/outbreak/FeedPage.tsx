import { outbreakApi } from '@vigie/domain/outbreak'
import { useState } from 'react'
import {
  Button,
  confirm,
  CopyText,
  describe,
  Facts,
  Form,
  load,
  Notice,
  Page,
  Panel,
  paths,
  query,
  Section,
  Stack,
  TextField,
  toast,
  useAction,
  useForm,
  useFormat,
  useLoaded,
  useText,
} from '../kit/index.ts'

const present = query(outbreakApi.getFeed).with({})
export const loader = load(present)
const longestFile = 500_000

/** EVT-5: whose signed alerts are believed, and their files. */
export default function FeedPage() {
  const { feed } = useLoaded(present)
  return (
    <Page title="outbreak.feed" about="outbreak.feed.about" crumbs={[{ label: 'outbreak.title', to: paths.virusAlerts() }]} narrow>
      {feed && <Import />}
      {feed && <Known />}
      <Key key={feed?.version ?? 0} />
    </Page>
  )
}

function Known() {
  const say = useText()
  const { moment } = useFormat()
  const { feed } = useLoaded(present)
  const remove = useAction(outbreakApi.removeFeed)
  const ask = () =>
    confirm({
      title: { key: 'outbreak.feed.remove.title', values: { name: feed!.name } },
      consequence: 'outbreak.feed.remove.consequence',
      action: 'outbreak.feed.remove',
      run: () => remove.run({}),
    })
  return (
    <Section title="outbreak.feed.believed">
      <Panel>
        <Stack>
          <Facts
            facts={[
              ['outbreak.feed.name', feed!.name],
              ['outbreak.feed.fingerprint', <CopyText key="fingerprint" text={feed!.fingerprint} />],
              ['outbreak.feed.sequence', feed!.sequence === 0 ? say('outbreak.feed.sequence.none') : String(feed!.sequence)],
              ['outbreak.feed.imported-at', feed!.importedAt === null ? '–' : moment(feed!.importedAt)],
            ]}
          />
          <div>
            <Button onClick={ask}>{say('outbreak.feed.remove')}</Button>
          </div>
        </Stack>
      </Panel>
    </Section>
  )
}

function Import() {
  const say = useText()
  const take = useAction(outbreakApi.importFeed)
  const [trouble, setTrouble] = useState<ReturnType<typeof describe> | null>(null)
  const [isBusy, setBusy] = useState(false)
  const choose = async (input: HTMLInputElement) => {
    const file = input.files?.[0]
    if (!file) return
    setTrouble(null)
    setBusy(true)
    try {
      const { declared, changed, withdrawn } = await take.run({ body: { file: (await file.text()).slice(0, longestFile + 1) } })
      toast({ key: 'outbreak.feed.imported', values: { declared, changed, withdrawn } })
    } catch (error) {
      setTrouble(describe(error, say))
    }
    setBusy(false)
    input.value = '' // the same file can be chosen again
  }
  return (
    <Section title="outbreak.feed.import" about="outbreak.feed.import.about">
      <Panel>
        <Stack>
          <label htmlFor="feed-file">{say('outbreak.feed.file')}</label>
          <input
            id="feed-file"
            type="file"
            accept=".json,application/json"
            disabled={isBusy}
            onChange={(event) => void choose(event.currentTarget)}
          />
          {trouble && (
            <Notice tone="action-required" title={{ text: trouble.title }}>
              {trouble.remedy}
            </Notice>
          )}
        </Stack>
      </Panel>
    </Section>
  )
}

function Key() {
  const say = useText()
  const { feed } = useLoaded(present)
  const set = useAction(outbreakApi.setFeed)
  const form = useForm({
    initial: { name: feed?.name ?? '', publicKey: feed?.publicKey ?? '', code: '' },
    shape: outbreakApi.FeedChange as never,
    submit: (body, intent) => set.run({ body }, { intent }),
    onDone: () => toast('outbreak.feed.set'),
  })
  return (
    <Section title={feed ? 'outbreak.feed.other-key' : 'outbreak.feed.key'} about="outbreak.feed.key.about">
      <Panel>
        <Form form={form} action="outbreak.feed.set-key" onlyWhenDirty>
          <TextField name="name" label="outbreak.feed.name" isRequired />
          <TextField name="publicKey" label="outbreak.feed.public-key" help="outbreak.feed.public-key.help" isMono isRequired />
          <TextField name="code" label="orders.code" help="orders.code.help" inputMode="numeric" autoComplete="one-time-code" isRequired />
          <p className="quiet">{say('outbreak.feed.key.needs-mfa')}</p>
        </Form>
      </Panel>
    </Section>
  )
}

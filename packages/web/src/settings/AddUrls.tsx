import { FileInput, SegmentedControl, Textarea } from '@mantine/core'
import { urlKinds, urlListsApi, type UrlKind } from '@vigie/domain/settings'
import type { ReplyOf } from '@vigie/domain/kernel'
import { useState } from 'react'
import { Button, Dialog, Notice, Stack, toast, trouble, useAction, useText } from '../kit/index.ts'
import css from './settings.module.css'

type Told = ReplyOf<typeof urlListsApi.addUrls>
/** Lines sent at once. */
const atOnce = 2_000

/** First column of each line of a CSV (ours has a head and a mark; a cell may be quoted, and defused by an apostrophe). */
export function linesOf(text: string): string[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)
  const first = lines.map((line) =>
    (line.startsWith('"') ? (/^"((?:[^"]|"")*)"/.exec(line)?.[1]?.replaceAll('""', '"') ?? line) : (line.split(',')[0] ?? '')).replace(
      /^'(?=[=+\-@])/,
      '',
    ),
  )
  return text.startsWith('\uFEFF') ? first.slice(1) : first
}

/** With its mark, by which a head is known: `file.text()` takes it away. */
const read = async (file: File): Promise<string> => new TextDecoder('utf-8', { ignoreBOM: true }).decode(await file.arrayBuffer())

/** Typed or from a file; what was refused stays, with its line, its reason and the entry that says the opposite. */
export function AddUrls({ customerId, close }: { customerId: string | null; close(): void }) {
  const say = useText()
  const adding = useAction(urlListsApi.addUrls)
  const [kind, setKind] = useState<UrlKind>('approved')
  const [text, setText] = useState('')
  const [refused, setRefused] = useState<Told['refused']>([])
  const add = async () => {
    const lines = text.split('\n')
    const all: Told = { added: 0, known: 0, refused: [] }
    try {
      for (let from = 0; from < lines.length; from += atOnce) {
        const told = await adding.run({ body: { customerId, kind, lines: lines.slice(from, from + atOnce) } })
        all.added += told.added
        all.known += told.known
        all.refused.push(...told.refused.map((one) => ({ ...one, line: one.line + from })))
      }
    } catch (error) {
      trouble(error)
      return
    }
    toast({ key: 'settings.url.added', values: { count: all.added, known: all.known } })
    if (all.refused.length === 0) return close()
    setText(all.refused.map((one) => lines[one.line - 1]!).join('\n'))
    setRefused(all.refused)
  }
  return (
    <Dialog title={say('settings.url.add')} closeLabel={say('kit.close')} onClose={close} size={620}>
      <Stack tight>
        <SegmentedControl
          aria-label={say('settings.url.column.kind')}
          data={urlKinds.map((value) => ({ value, label: say(`url-kind.${value}`) }))}
          value={kind}
          onChange={(next) => setKind(next as UrlKind)}
        />
        <Textarea
          data-autofocus
          label={say('settings.url.lines')}
          description={say('settings.url.lines.about')}
          classNames={{ input: 'mono' }}
          autosize
          minRows={5}
          maxRows={14}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <FileInput
          label={say('settings.url.file')}
          placeholder={say('settings.url.file.choose')}
          accept=".csv,.txt,text/csv,text/plain"
          clearable
          clearButtonProps={{ 'aria-label': say('kit.form.clear') }}
          onChange={(file) => void (file && read(file).then((content) => setText(linesOf(content).filter(Boolean).join('\n'))))}
        />
        {refused.length > 0 && (
          <Notice tone="warning" title={{ key: 'settings.url.refused', values: { count: refused.length } }}>
            <div className={css.refused}>
              {refused.slice(0, 200).map((one) => (
                <p key={one.line}>
                  <span className="mono">{one.text}</span>
                  <br />
                  {one.conflictsWith === null
                    ? say(`field.${one.code}`, { max: 2_000 })
                    : say('settings.url.contradicts', { entry: one.conflictsWith })}
                </p>
              ))}
            </div>
          </Notice>
        )}
        <Button
          kind="primary"
          isBusy={adding.isRunning}
          disabledReason={text.trim() === '' ? say('settings.url.type-first') : undefined}
          onClick={() => void add()}
        >
          {say('settings.url.add')}
        </Button>
      </Stack>
    </Dialog>
  )
}

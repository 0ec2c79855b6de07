import { accessApi } from '@vigie/domain/access'
import { QRCodeSVG } from 'qrcode.react'
import { useEffect, useRef, useState } from 'react'
import { api } from '../kit/api.ts'
import { copy, CopyText } from '../kit/CopyText.tsx'
import { Trouble } from '../kit/ErrorBoundary.tsx'
import { Form, TextField, useForm } from '../kit/form/index.ts'
import { Notice } from '../kit/Notice.tsx'
import { Bars } from '../kit/Skeleton.tsx'
import { useText } from '../kit/text.tsx'
import { toast } from '../kit/toast.tsx'
import { Button } from '../ui/Button.tsx'
import css from './Gate.module.css'

/** Sets up an authenticator app (RFC 6238): shows the secret, proves it with a code, then the recovery codes, this once. */
export function TotpSetup({ onDone }: { onDone(): void }) {
  const [started, setStarted] = useState<{ secret: string; otpauthUrl: string } | null>(null)
  const [error, setError] = useState<unknown>(null)
  const [codes, setCodes] = useState<string[] | null>(null)
  const hasAsked = useRef(false)
  const start = () => {
    setError(null)
    void api(accessApi.startTotp).call({}).then(setStarted, setError)
  }
  useEffect(() => {
    if (hasAsked.current) return
    hasAsked.current = true
    start()
  }, [])
  if (codes) return <RecoveryCodes codes={codes} onDone={onDone} />
  if (error) return <Trouble error={error} retry={start} />
  if (!started) return <Bars rows={6} />
  return <Confirm {...started} onCodes={setCodes} />
}

function Confirm({ secret, otpauthUrl, onCodes }: { secret: string; otpauthUrl: string; onCodes(codes: string[]): void }) {
  const say = useText()
  const form = useForm({
    initial: { code: '' },
    submit: ({ code }) => api(accessApi.confirmTotp).call({ body: { code: code.replaceAll(/\s/g, '') } }),
    onDone: ({ recoveryCodes }) => onCodes(recoveryCodes),
  })
  return (
    <Form form={form} action="access.totp.confirm" unguarded>
      <ol className={css.steps}>
        <li>
          <p>{say('access.totp.scan')}</p>
          <div className={css.qr}>
            <span className={css.qrBox}>
              <QRCodeSVG value={otpauthUrl} size={148} bgColor="#ffffff" fgColor="#000000" title={say('access.totp.qr')} />
            </span>
            <div>
              <p className="quiet">{say('access.totp.by-hand')}</p>
              <CopyText text={secret.replaceAll(/(.{4})(?=.)/g, '$1 ')} label={say('access.totp.secret')} />
            </div>
          </div>
        </li>
        <li>
          <p>{say('access.totp.type-code')}</p>
          <div style={{ maxWidth: 200 }}>
            <TextField name="code" label="access.code" autoComplete="one-time-code" inputMode="numeric" isMono isRequired maxLength={7} />
          </div>
        </li>
      </ol>
    </Form>
  )
}

/** Shown once: whoever loses the phone comes in with one of these, each works once. */
export function RecoveryCodes({ codes, onDone }: { codes: string[]; onDone(): void }) {
  const say = useText()
  const [isKept, setKept] = useState(false)
  const text = codes.join('\n')
  const download = () => {
    const url = URL.createObjectURL(new Blob([`Vigie\n${say('access.recovery.file')}\n\n${text}\n`], { type: 'text/plain' }))
    const link = document.createElement('a')
    link.href = url
    link.download = 'vigie-recovery-codes.txt'
    link.click()
    URL.revokeObjectURL(url)
    setKept(true)
  }
  return (
    <div className={css.stack}>
      <Notice tone="warning" title="access.recovery.keep">
        {say('access.recovery.keep.about')}
      </Notice>
      <ul className={`${css.codes} mono`} aria-label={say('access.recovery.codes')}>
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className={css.row}>
        <Button icon="download" onClick={download}>
          {say('access.recovery.download')}
        </Button>
        <Button
          icon="copy"
          onClick={() =>
            void copy(text).then((isCopied) => {
              if (isCopied) setKept(true)
              toast(isCopied ? 'kit.copy.copied' : 'kit.copy.failed')
            })
          }
        >
          {say('kit.copy')}
        </Button>
        <Button
          kind="primary"
          onClick={onDone}
          disabledReason={isKept ? undefined : say('access.recovery.keep-first')}
          style={{ marginInlineStart: 'auto' }}
        >
          {say('access.recovery.kept')}
        </Button>
      </div>
    </div>
  )
}

import { auditApi, type AuditVerification } from '@vigie/domain/audit'
import { useState } from 'react'
import { api, Button, CopyText, Dialog, Facts, Notice, trouble, useFormat, useText, Stack } from '../kit/index.ts'

/** Walks the whole chain now (R40) and says whether every record still follows from the one before. */
export function Verify() {
  const say = useText()
  const { number } = useFormat()
  const [isRunning, setRunning] = useState(false)
  const [result, setResult] = useState<AuditVerification | null>(null)
  const verify = async () => {
    setRunning(true)
    try {
      setResult(await api(auditApi.verifyAudit).call({}))
    } catch (error) {
      trouble(error)
    } finally {
      setRunning(false)
    }
  }
  return (
    <>
      <Button icon="shield" isBusy={isRunning} onClick={() => void verify()}>
        {say('audit.verify')}
      </Button>
      {result !== null && (
        <Dialog title={say('audit.verify.title')} closeLabel={say('kit.close')} onClose={() => setResult(null)} size={560}>
          <Stack>
            {result.isIntact ? (
              <Notice title="audit.verify.intact">{say('audit.verify.intact.about', { count: result.records })}</Notice>
            ) : (
              <Notice tone="action-required" title="audit.verify.broken">
                {say('audit.verify.broken.about', { sequence: result.brokenAt ?? 0 })}
              </Notice>
            )}
            <Facts
              facts={[
                [
                  'audit.verify.records',
                  <span key="records" className="figures">
                    {number(result.records)}
                  </span>,
                ],
                [
                  'audit.verify.head',
                  result.headHash === null ? null : <CopyText key="head" text={result.headHash} label={say('audit.verify.head')} block />,
                ],
              ]}
            />
          </Stack>
        </Dialog>
      )}
    </>
  )
}

import { identityApi, type Duplicate } from '@vigie/domain/identity'
import { Button, ChoiceField, Dialog, Form, toast, useAction, useForm, useFormat, useText } from '../kit/index.ts'

/** Which of the two stays; the other's history and open infections go with it, and may be taken back at any time. */
export function MergeDialog({ duplicate, close }: { duplicate: Duplicate; close(): void }) {
  const say = useText()
  const format = useFormat()
  const merging = useAction(identityApi.mergeEndpoints)
  const [one, other] = duplicate.endpoints
  const isOtherNewer = (other.lastSeenAt ?? '') > (one.lastSeenAt ?? '')
  const form = useForm({
    initial: { stays: isOtherNewer ? other.endpointId : one.endpointId },
    submit: ({ stays }) =>
      merging.run({ params: { endpointId: stays === one.endpointId ? other.endpointId : one.endpointId }, body: { intoId: stays } }),
    onDone: (merge) => {
      toast({ key: 'identity.merged', values: { one: merge.mergedName, other: merge.endpointName } })
      close()
    },
  })
  return (
    <Dialog title={say('identity.merge.title')} closeLabel={say('kit.close')} onClose={close}>
      <Form form={form} unguarded action="identity.merge" secondary={<Button onClick={close}>{say('kit.cancel')}</Button>}>
        <p>{say('identity.merge.consequence')}</p>
        <ChoiceField
          name="stays"
          label="identity.merge.stays"
          options={[one, other].map((twin) => ({
            value: twin.endpointId,
            label: {
              text: `${twin.name} (${twin.productName}) · ${twin.lastSeenAt === null ? say('identity.never-seen') : say('identity.seen', { at: format.moment(twin.lastSeenAt) })}`,
            },
          }))}
        />
        <p className="quiet">{say('identity.merge.undo')}</p>
      </Form>
    </Dialog>
  )
}

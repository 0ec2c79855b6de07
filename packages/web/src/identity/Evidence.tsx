import { useFormat, useText } from '../kit/index.ts'

/** Why two are thought to be one. A word of a newer server is shown as it is. */
export function Evidence({ evidence }: { evidence: readonly string[] }) {
  const say = useText()
  const { list } = useFormat()
  if (evidence.length === 0) return <span className="faint">{say('identity.evidence.none')}</span>
  return (
    <span title={evidence.map((one) => say(`duplicate-evidence.${one}.about`)).join(' ')}>
      {list(evidence.map((one) => (say.has(`duplicate-evidence.${one}`) ? say(`duplicate-evidence.${one}`) : one)))}
    </span>
  )
}

import { commandsApi, type CommandType } from '@vigie/domain/commands'
import { paths, toast, trouble, useAction, useGo } from '../kit/index.ts'

/** Sends one order to a product's agents, or the named ones, and tells where its outcome will show. */
export function useSendCommand() {
  const go = useGo()
  const { run, isRunning } = useAction(commandsApi.sendCommand)
  const send = async (productId: string, type: CommandType, agentIds?: string[]) => {
    try {
      const { commands } = await run({ params: { productId }, body: { type, ...(agentIds ? { agentIds } : {}) } })
      const [only] = commands
      toast(
        { key: 'commands.sent', values: { count: commands.length } },
        {
          label: 'commands.sent.follow',
          run: () => void go(paths.commands({ productId, ...(commands.length === 1 && only ? { command: only.id } : {}) })),
        },
      )
    } catch (error) {
      trouble(error)
    }
  }
  return { send, isRunning }
}

/** One line for a root shell. */
export function installCommand({ agentUrl, caFingerprint, guid, key }: { agentUrl: string; caFingerprint: string; guid: string; key: string }): string {
  return `curl -fsSk ${agentUrl}/agent/v1/install.sh | sh -s -- --server ${agentUrl} --ca ${caFingerprint.replaceAll(':', '').toLowerCase()} --guid ${guid} --key ${key}`
}

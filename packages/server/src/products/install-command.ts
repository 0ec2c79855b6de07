export { installCommand } from '@vigie/domain/agents'

export { businessName, estateOf, people } from './estate.ts'
export { DemoError } from './folder.ts'
export { type Moment, planOf } from './plan.ts'
export { type Demo, type DemoOptions, startDemo } from './run.ts'

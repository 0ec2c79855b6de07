export { DetectionTable } from './DetectionTable.tsx'
export { Infections } from './Infections.tsx'
export { RecentDetections } from './RecentDetections.tsx'

import { useEffect, useState } from 'react'
import type { Visits } from '../../backend/visits.ts'
import { addVisit, readVisits } from './api.ts'
import { Chart } from './chart.tsx'

export function VisitsPage() {
  const [visits, setVisits] = useState<Visits>()
  const [problem, setProblem] = useState<string>()
  const fail = (error: unknown) => setProblem(String(error))
  useEffect(() => {
    readVisits().then(setVisits, (error: unknown) => setProblem(String(error)))
  }, [])
  return (
    <>
      <button type="button" onClick={() => addVisit().then(setVisits, fail)}>
        Count a visit
      </button>
      {problem !== undefined && <p role="alert">{problem}</p>}
      {visits !== undefined && <Chart days={visits.days} />}
    </>
  )
}

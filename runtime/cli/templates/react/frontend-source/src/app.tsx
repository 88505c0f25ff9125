import { About } from './about.tsx'
import { Link, usePath } from './routes.tsx'
import { VisitsPage } from './visits-page.tsx'

export function App() {
  const path = usePath()
  return (
    <main>
      <h1>My plugin</h1>
      <nav>
        <Link to="/">Visits</Link> <Link to="/about">About</Link>
      </nav>
      {path === '/' ? <VisitsPage /> : path === '/about' ? <About /> : <p>There is no such page.</p>}
    </main>
  )
}

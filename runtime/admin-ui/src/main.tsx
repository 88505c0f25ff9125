// Starts the admin page. Invariant: a one-time sign-in code leaves the address bar before anything is rendered.

import './app/shell-styles.ts'
import './app/page.css'
import { DirectionProvider, MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { takeOneTimeCode } from './api/session.ts'
import { App } from './app/app.tsx'
import { createQueryClient } from './app/query-client.ts'
import { styleNonce } from './app/style-nonce.ts'
import { theme } from './app/theme.ts'
import { direction, language } from './languages/text.ts'

const root = document.getElementById('root')
if (!root) throw new Error('The page has no element "root"')

document.documentElement.lang = language
document.documentElement.dir = direction

const code = takeOneTimeCode()

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={createQueryClient()}>
      <DirectionProvider initialDirection={direction} detectDirection={false}>
        <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => styleNonce}>
          <Notifications position={direction === 'rtl' ? 'bottom-left' : 'bottom-right'} />
          <App code={code} />
        </MantineProvider>
      </DirectionProvider>
    </QueryClientProvider>
  </StrictMode>,
)

/** Somebody in the demo: 50 tasks, every step of every project. */
export interface Person {
  readonly email: string;
  readonly name: string;
  readonly role: 'USER' | 'ADMIN';
  /** Name -> colour. */
  readonly tags: Readonly<Record<string, string>>;
  /** `%` stands for the project. */
  readonly steps: readonly string[];
  readonly projects: readonly string[];
}

export const people: readonly Person[] = [
  {
    email: 'admin@example.com',
    name: 'Avery Stone',
    role: 'ADMIN',
    tags: { operations: '#0f766e', security: '#b91c1c', vendor: '#7c3aed' },
    steps: ['Collect requirements for %', 'Compare options for %', 'Roll out %', 'Document %', 'Review %'],
    projects: [
      'single sign-on',
      'the backup schedule',
      'laptop encryption',
      'the on-call rota',
      'the status page',
      'log retention',
      'the office network',
      'the password manager',
      'certificate renewal',
      'the incident handbook',
    ],
  },
  {
    email: 'mia@example.com',
    name: 'Mia Novak',
    role: 'USER',
    tags: { launch: '#2563eb', writing: '#ca8a04', 'waiting for others': '#64748b' },
    steps: ['Draft %', 'Ask for feedback on %', 'Rework %', 'Publish %', 'Measure the effect of %'],
    projects: [
      'the release notes for 2.4',
      'the pricing page',
      'the welcome e-mails',
      'the customer story about Harbour Bikes',
      'the spring newsletter',
      'the comparison table',
      'the tour of the new editor',
      'the press kit',
      'the answers to common questions',
      'the launch video script',
    ],
  },
  {
    email: 'jonas@example.com',
    name: 'Jonas Weber',
    role: 'USER',
    tags: { home: '#15803d', errand: '#ea580c', garden: '#65a30d' },
    steps: ['Measure for %', 'Get two quotes for %', 'Buy what is needed for %', 'Finish %', 'Photograph %'],
    projects: [
      'the kitchen shelves',
      'the balcony floor',
      'the bathroom mirror',
      'the raised bed',
      'the bicycle shed',
      'the attic insulation',
      'the garden gate',
      'the hallway lamp',
      'the rain barrel',
      'the window seat',
    ],
  },
  {
    email: 'priya@example.com',
    name: 'Priya Raman',
    role: 'USER',
    tags: { study: '#4f46e5', travel: '#0891b2', health: '#db2777' },
    steps: ['Read up on %', 'Plan %', 'Book time for %', 'Write down what came out of %', 'Tell Sam about %'],
    projects: [
      'the statistics course',
      'the trip to Porto',
      'the half marathon',
      'the language exam',
      'the photography class',
      'the weekend in the mountains',
      'the yearly check-up',
      'the thesis outline',
      'the swimming lessons',
      'the visit of my parents',
    ],
  },
];

export const DETAILS: readonly (string | null)[] = [
  null,
  'Half an hour should be enough.\n\nIf it takes longer, split it.',
  null,
  'See the notes from last week: two points are still open, the budget and who signs off.',
  null,
  '- check what exists\n- ask who else needs it\n- decide by the end of the week',
  null,
];

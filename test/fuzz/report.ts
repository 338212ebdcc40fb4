/** What a run has found. */
export interface Report {
  requests: number;
  /** Requests that the document and the app judge differently. */
  validationGaps: number;
  readonly failures: readonly string[];
  count(operation: string, status: number): void;
  fail(what: string, detail?: unknown): void;
  /** Counts a check that is no request to an operation; adds a failure unless it holds. */
  check(holds: boolean, what: string): void;
  /** Figures as text. */
  summarize(): string;
}

const MAX_DETAIL = 400;

export function createReport(): Report {
  const failures = new Map<string, { count: number; detail: string }>();
  const statuses = new Map<number, number>();
  const operations = new Set<string>();
  const fail = (what: string, detail?: unknown) => {
    const kind = what.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, ':id');
    const known = failures.get(kind);
    if (known) known.count += 1;
    else
      failures.set(kind, {
        count: 1,
        detail: detail === undefined ? '' : `\n      ${JSON.stringify(detail)?.slice(0, MAX_DETAIL)}`,
      });
  };
  const report: Report = {
    requests: 0,
    validationGaps: 0,
    get failures() {
      return [...failures].map(([what, { count, detail }]) => `${count} × ${what}${detail}`);
    },
    count: (operation, status) => {
      report.requests += 1;
      operations.add(operation);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    },
    fail,
    check: (holds, what) => {
      report.requests += 1;
      if (!holds) fail(what);
    },
    summarize: () => {
      const counts = [...statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
      const errors = [...statuses].reduce((sum, [status, count]) => sum + (status >= 500 ? count : 0), 0);
      return `${report.requests} requests, ${operations.size} operations, 5xx ${errors}, validation_gap ${report.validationGaps} (${counts.join(', ')})`;
    },
  };
  return report;
}

// Every page loads this file. Pages work without it: it only saves a click, a wait or a mistake.
import htmx from 'htmx.org';
import { announceResults } from './helpers/results.js';
import { confirmActs } from './helpers/confirm.js';
import { focusErrors } from './helpers/errors.js';
import { guardDrafts } from './helpers/drafts.js';
import { filterOnChange } from './helpers/filters.js';

window.htmx = htmx;
// `default-src 'self'` forbids inline styles and eval; htmx needs neither.
htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;
htmx.config.selfRequestsOnly = true;

announceResults();
confirmActs();
guardDrafts();
filterOnChange();
focusErrors();

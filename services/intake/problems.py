"""What intake tells people when something cannot be done: code → (Chinese, English). Texts only.

`TEXTS` are whole refusals (registered with the common table), `FAULTS` are wrong fields of the suggestion
form.
`{limit}`, `{count}`, `{value}` and the like are filled from the parameters.
"""

from collections.abc import Iterable

from services.common import problems
from services.common.problems import FieldError
from services.intake.submissions import Fault

TEXTS: dict[str, tuple[str, str]] = {
    "missing_key": (
        "缺少 Idempotency-Key 请求头（1 至 200 个字符）。重试同一件建议时请使用同一个值。",
        "The Idempotency-Key header is missing (1 to 200 characters). Use the same value when you retry.",
    ),
    "bad_numbering": (
        "编号时间“{value}”不正确：只能是 submission（提交时）或 admission（受理时）。",
        "Numbering “{value}” is wrong: submission or admission.",
    ),
    "already_withdrawn": ("这件建议已经撤回。", "This matter has already been withdrawn."),
    "already_completed": (
        "这件建议已经办结，不能再撤回。",
        "This matter is completed and can no longer be withdrawn.",
    ),
    "already_replied": (
        "这件建议已经答复，不能再撤回。对答复不满意的，请在评价时说明。",
        "This matter has been replied to and can no longer be withdrawn. Say in the rating what is not satisfactory.",
    ),
    "withdrawal_pending": (
        "撤回申请已经提交，正在征求联名代表的意见。",
        "The withdrawal has been requested; the co-signing deputies are being asked.",
    ),
    "not_lead_proposer": (
        "只有领衔代表可以撤回建议；联名代表不能单独撤回。",
        "Only the lead deputy can withdraw a matter; a co-signer alone cannot.",
    ),
    "not_merged": (
        "没有并案，哪几件不能并、怎么办，见各件的说明。",
        "Nothing was merged; each matter that cannot be says why and what to do.",
    ),
    "not_in_group": (
        "这件建议没有并案，不需要撤销并案。",
        "This matter is not merged; there is nothing to take back.",
    ),
    "reply_begun": (
        "主件已经答复，这件建议的单独答复已经开始，不能再撤销并案。请等它的答复函发出。",
        "The main matter is replied to and this one's own reply has begun: it stays merged. Wait for its letter.",
    ),
    "unknown_draft": (
        "找不到这份草稿：可能已经提交或删除，也可能不再邀请您联名。",
        "There is no such draft: it was submitted or deleted, or you are no longer invited.",
    ),
    "draft_changed": (
        "草稿刚刚被修改，您还没有表态。请重新看一遍再答复。",
        "The draft has just been changed and your answer was not taken. Please read it again.",
    ),
    "bad_answer": (
        "请回答 agree（同意）或 refuse（谢绝），并带上读到的草稿的 digest。",
        "Answer agree or refuse, with the digest of the draft that was read.",
    ),
    "file_kind": (
        "这种文件不能收：内容不是 PDF、OFD、DOCX、XLSX、PNG 或 JPEG（不看文件名）。请另存为 PDF 再添加。",
        "No such file is taken: its content is no PDF, OFD, DOCX, XLSX, PNG or JPEG, whatever its name. Save as PDF.",
    ),
    "file_not_allowed": (
        "本系统不收这种附件，只收：{value}。请换一种格式再添加。",
        "Attachments of this kind are not taken here, only: {value}. Use another format.",
    ),
    "file_empty": ("文件是空的，请检查后重新选择。", "The file is empty; check it and choose it again."),
    "file_too_large": (
        "文件超过 {limit} MB。请压缩其中的图片或分成几个文件。",
        "The file is larger than {limit} MB. Make its pictures smaller or divide it.",
    ),
    "file_broken": (
        "文件已损坏或不完整，无法读取。请重新导出或下载后再添加。",
        "The file is damaged or incomplete and cannot be read. Export or download it again.",
    ),
    "file_bomb": (
        "文件解压以后过大（压缩炸弹），不能收。请另存为 PDF 再添加。",
        "The file grows too large when it is unpacked (a zip bomb). Save it as PDF.",
    ),
    "file_locked": (
        "文件设了密码，收件人打不开。请去掉密码再添加。",
        "The file has a password, nobody could open it. Take the password off.",
    ),
    "file_macros": (
        "文件带有宏，不能收。请另存为不带宏的 DOCX、XLSX 或 PDF。",
        "The file has macros. Save it as DOCX or XLSX without macros, or as PDF.",
    ),
    "file_infected": (
        "文件查出病毒，已经隔离，任何人都不能下载。请清除病毒，换一份文件。",
        "A virus was found in the file. It is in quarantine and nobody can download it. Bring a clean one.",
    ),
    "file_waits": (
        "文件还没有查完病毒，暂时不能下载。请稍后再试；一直如此请告诉系统管理员。",
        "The file has not been scanned for viruses yet. Try again later; tell an administrator if it stays so.",
    ),
    "file_missing": (
        "附件“{value}”的内容已经不在：依法删除了，或者要请系统管理员从备份恢复。",
        "The content of attachment “{value}” is gone: it was erased, or an administrator has to restore it.",
    ),
    "file_hash": (
        "收到的内容与所报的 SHA-256 不符，实际是 {value}。请重新发送。",
        "What arrived does not have the SHA-256 that was announced but {value}. Send it again.",
    ),
    "file_conflict": (
        "附件编号“{value}”已经用于别的内容。新的文件要用新的编号。",
        "The file id “{value}” stands for other content already. A new file needs a new id.",
    ),
    "too_many_files": (
        "附件最多 {limit} 个。请删去不需要的，或合并成一个文件。",
        "There may be {limit} attachments at most. Remove some or put them into one file.",
    ),
    "letter_kind": (
        "盖章的答复函应是 OFD 或 PDF 文件。",
        "A sealed letter is an OFD or PDF file.",
    ),
    "bad_letter": (
        "letter 应写第几次重新办理的答复函，首次答复写 0。",
        "letter is the round of the reply letter, 0 for the first.",
    ),
    "no_certificate": (
        "这里凭接入方的客户端证书进入：没有出示证书，或者系统没有开放这个接口。请联系系统管理员。",
        "A connector's client certificate is needed here: none was shown, or this door is closed.",
    ),
    "unknown_certificate": (
        "证书“{value}”不是任何接入方现在可用的证书。请联系系统管理员。",
        "The certificate “{value}” is none that a connector may use now. Ask the administrator.",
    ),
    "bad_file_id": (
        "附件编号不正确：1 至 100 个字母、数字、点、横线、下划线，以字母或数字开头，例如 UUID。",
        "This is no file id: 1 to 100 letters, digits, dots, hyphens, underscores, such as a UUID.",
    ),
    "missing_digest": (
        "缺少内容的 SHA-256：请写 X-SHA256（十六进制）、Content-Digest 或 Digest 请求头。",
        "The SHA-256 of the content is missing: send X-SHA256 (hexadecimal), Content-Digest or Digest.",
    ),
    "missing_length": (
        "缺少 Content-Length 请求头，请写明字节数。",
        "The Content-Length header is missing.",
    ),
    "which_unit": (
        "请写明附件属于哪个单位（unit）：要是本接入方代表、并参与办理这件建议的单位。",
        "Say whose file it is (unit): a unit this connector speaks for and that takes part in the matter.",
    ),
    "unknown_file": (
        "找不到附件“{value}”：编号不对，已经删除，或者您不能看。",
        "There is no attachment “{value}”: the id is wrong, it was removed, or it is not for you.",
    ),
    "account_locked": (
        "连续输错次数过多，账号已暂时锁定。请在 {minutes} 分钟后再试，或联系系统管理员。",
        "Too many wrong attempts: locked. Try again in {minutes} minutes or ask an administrator.",
    ),
    "bad_number_pattern": (
        "编号规则“{value}”不正确：只能使用 term、session、year、serial，并且必须包含 serial。",
        "Number pattern “{value}” is wrong: term, session, year and serial may be used; serial must.",
    ),
    "same_number_pattern": (
        "编号规则“{value}”用了两次，会出现重号：建议和提案、会议期间和闭会期间要各用一种。",
        "Number pattern “{value}” is used twice and would give the same number twice: each series needs its own.",
    ),
    "login_taken": ("用户名“{value}”已被使用。", "The user name “{value}” is already taken."),
    "weak_password": ("密码至少需要 {limit} 个字符。", "A password needs at least {limit} characters."),
    "unknown_person": ("找不到人员“{value}”。", "Person “{value}” is not known."),
    "bad_filter": ("筛选条件不正确：{value}。", "Wrong filter: {value}."),
    "unknown_account": ("找不到账号“{value}”。", "Account “{value}” is not known."),
    "bad_id": (
        "编号“{value}”不正确：只能用字母、数字、点、横线和下划线（接入方只能用小写字母、数字和横线），最多 64 个字符。",
        "“{value}” is no id: letters, digits, dots, hyphens and underscores (connectors: a-z, 0-9, -).",
    ),
    "id_taken": ("编号“{value}”已经存在。", "The id “{value}” exists already."),
    "role_needs_unit": ("角色“{value}”需要选择单位。", "The role “{value}” needs a unit."),
    "unknown_unit": ("找不到单位“{value}”。", "Unit “{value}” is not known."),
    "version_not_published": ("流程版本“{value}”没有发布或已停用。", "Process version “{value}” is not in force."),
    "next_version_incomplete": (
        "“改用的版本”和“自哪天起改用”要一起填，而且与现在的版本不同。",
        "Another version goes with the day from which it is used, and differs from the one now.",
    ),
    "version_of_other_locality": (
        "流程版本“{value}”属于别的地区，不能用于这次会议。",
        "Process version “{value}” belongs to another locality.",
    ),
    "bad_table": (
        "文件无法读取：需要 CSV 文件，第一行是列名（只用说明里的列名，必须有编号和名称或姓名），不超过 5000 行。",
        "The file cannot be read: a CSV file with the columns named above, at most 5000 rows, is needed.",
    ),
    "not_yourself": ("不能锁定自己的账号。", "You cannot lock your own account."),
    "passwords_differ": ("两次输入的新密码不一致。", "The two new passwords differ."),
    "password_wrong": ("现在的密码不正确。", "The present password is wrong."),
    "no_person": (
        "本账号没有对应的代表身份，不能提交建议。",
        "This account does not belong to a deputy and cannot submit a suggestion.",
    ),
}

FAULTS: dict[str, tuple[str, str]] = {
    "required": ("请填写“{label}”。", "Please fill in “{label}”."),
    "invalid": ("“{label}”的内容不正确。", "The value of “{label}” is wrong."),
    "title_too_long": (
        "标题共 {count} 字，不能超过 {limit} 字。请缩短标题，把细节写进正文。",
        "The title has {count} characters; at most {limit} are allowed. Move details to the text.",
    ),
    "title_pattern": (
        "标题通常写成“关于……的建议”。如确需保留现在的写法，可再次提交。",
        "Titles usually read “关于……的建议”. Submit again if you want to keep this one.",
    ),
    "part_empty": (
        "“{label}”还是空的：情况、分析、建议三部分都要填写。",
        "“{label}” is empty: situation, analysis and request are all needed.",
    ),
    "body_too_long": (
        "正文共 {count} 字，超过了 {limit} 字的上限，没有提交。内容已为您保留，请删减后再提交；一件建议只写一件事。",
        "The text has {count} characters, more than {limit}, and was not submitted. "
        "Your text is kept: shorten it and submit again. One matter per suggestion.",
    ),
    "body_too_short": (
        "正文共 {count} 字，少于 {limit} 字。请写清具体情况和明确的要求（代表法第24条：明确具体）。",
        "The text has {count} characters, fewer than {limit}. Say what is the case and what is asked.",
    ),
    "too_long": (
        "“{label}”共 {count} 字，不能超过 {limit} 字。",
        "“{label}” has {count} characters; at most {limit} are allowed.",
    ),
    "too_many": (
        "“{label}”共 {count} 项，不能超过 {limit} 项。",
        "“{label}” has {count} entries; at most {limit} are allowed.",
    ),
    "duplicate_entry": ("“{value}”重复出现。", "“{value}” appears more than once."),
    "lead_is_co": (
        "领衔代表不能同时列为联名代表。",
        "The lead deputy cannot also be a co-signer.",
    ),
    "unknown_deputy": (
        "找不到代表“{value}”，或其不是本级现任代表。请从代表名单中选择。",
        "Deputy “{value}” is not known as a current deputy of this level. Choose from the list.",
    ),
    "not_agreed": (
        "“{value}”还没有同意联名。请先保存草稿并发出邀请，本人同意以后再提交。",
        "“{value}” has not agreed to co-sign. Save a draft and invite first, and submit it when they have agreed.",
    ),
    "not_own_name": (
        "代表只能以本人名义领衔提交建议。",
        "A deputy can only submit in his or her own name.",
    ),
    "unknown_unit": ("找不到单位“{value}”。", "Unit “{value}” is not known."),
    "classified_refused": (
        "涉密建议不得录入本系统。请按保密规定填写纸质件，当面交人大代表工作机构线下办理；"
        "本页内容没有保存，请勿在联网计算机上起草涉密内容。",
        "Classified suggestions must not be entered here. Hand a paper copy to the congress deputies office, "
        "which handles it offline. Nothing was saved; do not draft classified text on a networked computer.",
    ),
    "secrecy_unchanged": (
        "密级没有变化：已经是您选择的密级。请选择另一个密级，或取消。",
        "Nothing changes: the matter has this secrecy already. Choose another one, or cancel.",
    ),
    "unknown_session": (
        "找不到会议“{value}”，或没有设定当前会议。请联系人大代表工作机构。",
        "Session “{value}” is not known, or no session is current. Ask the congress deputies office.",
    ),
}

MERGING: dict[str, tuple[str, str]] = {
    "merge_too_few": (
        "并案至少要两件：请再选一件，或者输入编号加入。",
        "Merging takes two matters: choose another one, or add one by its number.",
    ),
    "merge_no_main": (
        "请选一件作主件，其他各件并入它。",
        "Choose the main matter that the others are merged into.",
    ),
    "merge_twice": ("第{no}号选了两次，请只保留一次。", "No. {no} is chosen twice: keep it once."),
    "merge_unknown_number": (
        "同一次会议、同一种类的建议里没有编号“{no}”。请核对编号。",
        "There is no number “{no}” of this session and kind. Check the number.",
    ),
    "merge_ambiguous_number": (
        "编号以“{no}”结尾的不止一件，请输入完整的编号。",
        "More than one number ends with “{no}”: type the whole number.",
    ),
    "merge_other_session": (
        "第{no}号与主件不是同一次会议、同一种类，不能并案。请取消选择。",
        "No. {no} is of another session or kind than the main matter and cannot be merged. Leave it out.",
    ),
    "merge_not_admitted": (
        "第{no}号还没有受理编号。请先审查受理，再并案。",
        "No. {no} is not taken up and numbered yet. Decide on its admission first.",
    ),
    "merge_not_taken_up": (
        "第{no}号不作为建议办理，不能并案。请取消选择。",
        "No. {no} was not taken up and cannot be merged. Leave it out.",
    ),
    "merge_withdrawn": ("第{no}号已经撤回。请取消选择。", "No. {no} was withdrawn. Leave it out."),
    "merge_withdrawal_pending": (
        "第{no}号正在申请撤回。请等撤回有了结果再并案。",
        "The withdrawal of No. {no} is asked for. Merge it when that is decided.",
    ),
    "merge_classified": (
        "第{no}号是涉密建议，线下办理，不在本系统并案。请取消选择。",
        "No. {no} is classified and handled offline. Leave it out.",
    ),
    "merge_elsewhere": (
        "第{no}号已经并入第{main}号。请取消选择，或者先在它的页面撤销并案。",
        "No. {no} is merged into No. {main} already. Leave it out, or take it out of that group on its page first.",
    ),
    "merge_is_main": (
        "第{no}号是主件，已并第{others}号。请以它为主件，或者先撤销那些并案。",
        "No. {no} is itself the main matter of {others}. Make it the main one, or take those out of its group first.",
    ),
    "merge_main_is_merged": (
        "第{no}号已经并入第{main}号，不能再作主件。请以第{main}号为主件。",
        "No. {no} is merged into No. {main} and cannot be the main matter. Make No. {main} the main one.",
    ),
    "merge_replied": (
        "第{no}号已经答复，不能再并案。请取消选择，单独办理。",
        "No. {no} is replied to and cannot be merged any more. Leave it out.",
    ),
    "merge_not_drawn": (
        "第{no}号的流程版本没有画并案。请流程负责人发布画了并案的修订，把这件转到修订版以后再并案。",
        "The process version of No. {no} does not draw merging. Its owner publishes a revision that does; then move "
        "this matter to it.",
    ),
}
"""What hinders a merge, with what to do."""
FAULTS |= MERGING

LABELS: dict[str, tuple[str, str]] = {
    "title": ("标题", "title"),
    "lead_proposer": ("领衔代表", "lead deputy"),
    "co_proposers": ("联名代表", "co-signing deputies"),
    "body": ("正文", "text"),
    "body.situation": ("情况", "situation"),
    "body.analysis": ("分析", "analysis"),
    "body.request": ("建议", "request"),
    "points": ("建议要点", "points asked"),
    "wish_units": ("希望承办的单位", "units wished for"),
    "secrecy": ("密级", "secrecy"),
    "topic": ("分类", "topic"),
    "origin": ("如何形成", "how it arose"),
    "source": ("来源", "source"),
    "matter_kind": ("种类", "kind"),
    "session_id": ("会议", "session"),
    "submitted_when": ("提出时间", "submitted when"),
    "proposer_type": ("提出者类型", "type of proposer"),
    "reason": ("理由", "reason"),
}
"""What a field is called; an entry of a list is called as its list."""

problems.register({**TEXTS, **{code: FAULTS[code] for code in ("classified_refused", "secrecy_unchanged")}})


def field_errors(faults: Iterable[Fault]) -> list[FieldError]:
    """Put faults into words."""
    return [FieldError(fault.path, fault.code, *words(fault)) for fault in faults]


def words(fault: Fault) -> tuple[str, str]:
    """Return the Chinese and the English sentence of a fault."""
    zh, en = FAULTS[fault.code]
    label_zh, label_en = label(fault.path)
    return zh.format(label=label_zh, **fault.params), en.format(label=label_en, **fault.params)


def label(path: str) -> tuple[str, str]:
    """Return what the field at a path is called, in Chinese and English."""
    while path and path not in LABELS:
        path = path.rpartition(".")[0]
    return LABELS.get(path, ("表单", "form"))

-- A registry of schema 4 sealed, with aliases, retention, jobs and an erasure; its master key is 5e repeated.
PRAGMA application_id = 1297700428;
PRAGMA user_version = 4;
BEGIN TRANSACTION;
CREATE TABLE counter (
    name TEXT PRIMARY KEY NOT NULL,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counter VALUES('audit',21);
INSERT INTO counter VALUES('revision',21);
CREATE TABLE token (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
    label TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    last_used_ms INTEGER
, scopes INTEGER NOT NULL DEFAULT 15) STRICT;
INSERT INTO token VALUES(1,1,'6f31397d76ecd8bf51f1dc1dac540c1e1b023681ea86b8f25c10933fd7729880','test',1700000000000,1702592000000,1700000000000,15);
INSERT INTO token VALUES(2,2,'25701241ed58ad4d6eeac59e98e3c336ee7724caa5396a1ad0180a2fd3d53882','test',1700000000000,1702592000000,1700000000000,7);
INSERT INTO token VALUES(3,3,'fe2531459425f8057a1a5681fc0401e5136ce5d391df86bded451f2be9de4a82','test',1700000000000,1702592000000,1700000000000,7);
INSERT INTO token VALUES(4,4,'7796137bcc5aa939836ee3e889db7ed561e285b9ea81eee35df84d310746d72f','test',1700000000000,1702592000000,1700000000000,1);
CREATE TABLE concept (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES account (id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    deleted_ms INTEGER,
    deleted_revision INTEGER,
    next_number INTEGER NOT NULL DEFAULT 1,
    current_move INTEGER
, uid BLOB, keep_last INTEGER CHECK (keep_last >= 1)) STRICT;
INSERT INTO concept VALUES(1,2,'Mug','mug',1700000001000,1700000004000,NULL,NULL,5,5,X'f447257b5989040ba6145cfff3e6e1a3',2);
INSERT INTO concept VALUES(2,2,'gone','gone',1700000004000,1700000004000,1700000005000,10,2,7,X'0949800e36c2a9bbac41b0012f474515',NULL);
INSERT INTO concept VALUES(3,3,'mug','mug',1700000005000,1700000005000,NULL,NULL,2,8,X'0950e719d70082de2730012ded2d9cc3',NULL);
CREATE TABLE version (
    concept_id INTEGER NOT NULL REFERENCES concept (id) ON DELETE CASCADE,
    number INTEGER NOT NULL CHECK (number >= 1),
    account_id INTEGER NOT NULL,
    digest TEXT NOT NULL,
    content TEXT NOT NULL,
    size INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('object', 'person')),
    class_noun TEXT NOT NULL,
    identifier TEXT NOT NULL,
    threshold REAL NOT NULL,
    model_digest TEXT NOT NULL,
    photos INTEGER NOT NULL,
    training TEXT NOT NULL,
    parent INTEGER,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (concept_id, number),
    UNIQUE (concept_id, content),
    FOREIGN KEY (account_id, digest) REFERENCES artifact (account_id, digest)
) STRICT, WITHOUT ROWID;
INSERT INTO version VALUES(1,1,2,'f704638b5ae224c9b2460440bbd785a1691f2572d829a7476b291a965a08320a','0aebbaeeff4abd76c1bfbd5ca8eaa68ae9fc2d342c49dafed2aa30a148e0991d',10,'object','mug','my mug',0.5,'abababababababababababababababababababababababababababababababab',4,'{"seed":7,"steps":100}',NULL,1700000001000);
INSERT INTO version VALUES(1,2,2,'0984b8a8a5d5cffea9bf00c894d3be1cdab7fbe2e01fc3744c918759ad19355e','5cc2342f54010fa03296d590ca0db8fd4ad263cc4d8f74d1735c81843502e4b5',10,'object','mug','my mug',0.5,'abababababababababababababababababababababababababababababababab',4,'{"seed":7,"steps":100}',1,1700000002000);
INSERT INTO version VALUES(1,3,2,'3a8c8a9a51a19a6cf7566628936a686a3ef514c68f28684a329b64acb1c20c5a','642b0dc8050511858ed0453058607508586a1035e8e25630035f60c6bc3e8286',10,'object','mug','my mug',0.5,'abababababababababababababababababababababababababababababababab',4,'{"seed":7,"steps":100}',2,1700000003000);
INSERT INTO version VALUES(1,4,2,'be4cd3763c77294cc59468f71890208e83c4f438713fac19e67fa801baac171e','afd775ac3212da79180344dc1f94bbb93ace1a3869e0585f0ae333f69282e40c',10,'object','mug','my mug',0.5,'abababababababababababababababababababababababababababababababab',4,'{"seed":7,"steps":100}',3,1700000004000);
INSERT INTO version VALUES(2,1,2,'4351559a4454ad353173e6a58a061071c807e4dc569d68451bbf0f060a1c9d68','bc71edd033bd4c512ea5abea7004d157ecf9505eee42cc65d711f819197179f7',10,'object','mug','my mug',0.5,'abababababababababababababababababababababababababababababababab',4,'{"seed":7,"steps":100}',NULL,1700000004000);
INSERT INTO version VALUES(3,1,3,'009849d71e2d59c236bc18488580ebc951bbcfeea8d4c36763ec516062373ab3','b74f98e272134f9c48b3898dd3dddf9cd957cdcf0132c145846544d8f869d457',15,'object','mug','my mug',0.5,'abababababababababababababababababababababababababababababababab',4,'{"seed":7,"steps":100}',NULL,1700000005000);
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    details TEXT NOT NULL,
    revision INTEGER NOT NULL,
    hash TEXT NOT NULL
) STRICT;
INSERT INTO audit VALUES(1,1700000000000,'(console)','user.create','d8052347806c9ca4','{"role":"admin"}',1,'5c71aaf1f989196c91096941f1f17fa43907e2cfbf6d5179a42bb919d2efb9a2');
INSERT INTO audit VALUES(2,1700000000000,'d8052347806c9ca4','token.login','d8052347806c9ca4','{"scopes":"read,query,enroll,admin","token":1}',2,'3c940b11256bc1c23031f0f77045b9e692a5a59431f2dbc7ad7f6ebf5bd425c2');
INSERT INTO audit VALUES(3,1700000000000,'(console)','user.create','07e64710d5f2489e','{"role":"user"}',3,'04f7cd92a1bfa14776445bf078ce2ab1680fdc326a3a390ccdb66aa15202c8fe');
INSERT INTO audit VALUES(4,1700000000000,'07e64710d5f2489e','token.login','07e64710d5f2489e','{"scopes":"read,query,enroll","token":2}',4,'cd94af3286bc179d58c168c53e7a090cfd0afe2e2b470d34acf0b8160f9d4d85');
INSERT INTO audit VALUES(5,1700000000000,'(console)','user.create','de75c6cf8ca4d5a2','{"role":"user"}',5,'ecb563cd2b14505198dcbf175eda9f86851daa633f5806f9a54bbefc9ee94108');
INSERT INTO audit VALUES(6,1700000000000,'de75c6cf8ca4d5a2','token.login','de75c6cf8ca4d5a2','{"scopes":"read,query,enroll","token":3}',6,'1baec5eacbd36e7e6d57d0619056201c337052ebe6a18bcc467d86789770530b');
INSERT INTO audit VALUES(7,1700000000000,'(console)','user.create','75ad5fedf970cfcf','{"role":"auditor"}',7,'21e0d6ed53b13a1bc12826edd88878980a005554d86743ffdad85afa48958d68');
INSERT INTO audit VALUES(8,1700000000000,'75ad5fedf970cfcf','token.login','75ad5fedf970cfcf','{"scopes":"read","token":4}',8,'49b5e72e7f0c29f6bc4b0c8623b2e344359962adc5e36bd62cba720b01073087');
INSERT INTO audit VALUES(9,1700000001000,'07e64710d5f2489e','concept.enroll','07e64710d5f2489e/8975fa44e4cbe2a2','{"created":true,"moved":true,"removed":[],"version":1}',9,'78b6c947ea00e58d60c4d9b5636b80dbba9c173d2ffd014d70064348e9754643');
INSERT INTO audit VALUES(10,1700000002000,'07e64710d5f2489e','concept.enroll','07e64710d5f2489e/8975fa44e4cbe2a2','{"created":true,"moved":true,"removed":[],"version":2}',10,'e9d0afcb2b084bd3e7bccbc0db312c8f274c3a4c26f595fbf1fe8c53bffa08ad');
INSERT INTO audit VALUES(11,1700000003000,'07e64710d5f2489e','concept.enroll','07e64710d5f2489e/8975fa44e4cbe2a2','{"created":true,"moved":true,"removed":[],"version":3}',11,'c5e15b9c5a7fbcb1799a57cfee1aae9c3eec652a65a91d56265e44532b30f7c4');
INSERT INTO audit VALUES(12,1700000004000,'07e64710d5f2489e','concept.enroll','07e64710d5f2489e/8975fa44e4cbe2a2','{"created":true,"moved":true,"removed":[],"version":4}',12,'a10cee305a80f5a3f5e0eef76d687b70aad00296f9738b0dd91cf3f04a178835');
INSERT INTO audit VALUES(13,1700000004000,'07e64710d5f2489e','concept.promote','07e64710d5f2489e/8975fa44e4cbe2a2','{"from":4,"reason":"12ea140641f408db","to":2}',13,'09b400b732df69ece4ca987be369119d67689d19659397eb78119e66aa055fc5');
INSERT INTO audit VALUES(14,1700000004000,'07e64710d5f2489e','alias.set','07e64710d5f2489e/8975fa44e4cbe2a2','{"alias":"17be8f0d0d83dec8","to":1}',14,'384c4a8ab10e85db935e9f1a0724198ef2476df0a6d4a75b4f1111772d155ed4');
INSERT INTO audit VALUES(15,1700000004000,'07e64710d5f2489e','alias.protect','07e64710d5f2489e/8975fa44e4cbe2a2','{"alias":"17be8f0d0d83dec8"}',15,'bfaa963cfbb7f044903c390d9f8e0aae9743b60a023bfece889f6bc60bd82eb7');
INSERT INTO audit VALUES(16,1700000004000,'07e64710d5f2489e','concept.retention','07e64710d5f2489e/8975fa44e4cbe2a2','{"keep_last":2,"removed":[]}',16,'0a07c9409f74c7ab2dd24a1a2862ef8819c0e2e9cb610cb8ab86279f11857884');
INSERT INTO audit VALUES(17,1700000004000,'07e64710d5f2489e','concept.enroll','07e64710d5f2489e/b7d7d32cc8482537','{"created":true,"moved":true,"removed":[],"version":1}',17,'5036f259853b8af8e9a54406e0ddcf0520e0ff68fe2286cb1c787d3da2cad1bf');
INSERT INTO audit VALUES(18,1700000005000,'07e64710d5f2489e','concept.delete','07e64710d5f2489e/b7d7d32cc8482537','{}',18,'2390fd4d370a143cbf7d822b0f8faa705f5ee433753f536c3a8771fa006a8c34');
INSERT INTO audit VALUES(19,1700000005000,'de75c6cf8ca4d5a2','concept.enroll','de75c6cf8ca4d5a2/4888bbacba975a5f','{"created":true,"moved":true,"removed":[],"version":1}',19,'02d71ffa088f83047d4353d9aeee4151a38a9b1ef37a1d2fbb86385575cc9efb');
INSERT INTO audit VALUES(20,1700000065000,'de75c6cf8ca4d5a2','concept.enroll','de75c6cf8ca4d5a2/b07f156be84791f3','{"created":true,"moved":true,"removed":[],"version":1}',20,'abf1a223217b95febb201f258f09fe9049b0d8c2711551ff7d80e1adcd557a52');
INSERT INTO audit VALUES(21,1700000065000,'de75c6cf8ca4d5a2','concept.erase','de75c6cf8ca4d5a2/b07f156be84791f3','{"receipt":"1ad6a0d7d733aa6867d0e7c2ec9e82aa"}',21,'b7686210c07f3f610877ed1f809f8180107ed433b66032a2cc1c647c25bb231b');
CREATE TABLE IF NOT EXISTS "account" (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL CHECK (role IN ('user', 'admin', 'auditor')),
    suspended INTEGER NOT NULL DEFAULT 0 CHECK (suspended IN (0, 1)),
    created_ms INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 0,
    salt BLOB NOT NULL,
    key BLOB NOT NULL,
    scrypt_n INTEGER NOT NULL,
    scrypt_r INTEGER NOT NULL,
    scrypt_p INTEGER NOT NULL,
    -- Ids may be given out again after a restore of an old backup; this one never is.
    uid BLOB NOT NULL UNIQUE CHECK (length(uid) = 16),
    -- Events up to this revision are gone.
    compacted INTEGER NOT NULL DEFAULT 0
, tag TEXT) STRICT;
INSERT INTO account VALUES(1,'root','admin',0,1700000000000,0,X'c15af2b796696c882825ceb137ae6e68',X'0c700a79734fa799735a3164abdf7b6119b828516b570c8a974020c5a9770649',16,1,1,X'ebf65531417aaa450818887ab99fbe17',0,'d8052347806c9ca4');
INSERT INTO account VALUES(2,'anna','user',0,1700000000000,10,X'c5cfa2c93d0fd1246c71d64bf57f41af',X'f72409a963c0de523f9c5c3bd32ebb3376b33c5dfd286fbf89c9215ba30b0c20',16,1,1,X'726cbe4249d2b0b7fbf7f69b186d8b55',0,'07e64710d5f2489e');
INSERT INTO account VALUES(3,'ben','user',0,1700000000000,3,X'ac2a77b39e0f8d6d8dc36f5be39c73c8',X'4a82c008abb94a75ff88348fc8b32475c3fc50596cb211311d2a434bb4c16743',16,1,1,X'a9d7bed0b49909a2a8610801a5faa991',0,'de75c6cf8ca4d5a2');
INSERT INTO account VALUES(4,'iris','auditor',0,1700000000000,0,X'f79a0ac3bca21ad636dc72b468953254',X'a90e80494e47a6adb3514116c0c604279b9e5b91134809ca9b308f87758d9b02',16,1,1,X'1256b806a10fda60c5fc0c505144c21f',0,'75ad5fedf970cfcf');
CREATE TABLE IF NOT EXISTS "move" (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    concept_id INTEGER NOT NULL REFERENCES concept (id) ON DELETE CASCADE,
    pointer TEXT NOT NULL,
    from_number INTEGER,
    to_number INTEGER,
    below INTEGER,
    at_ms INTEGER NOT NULL,
    by_name TEXT NOT NULL,
    action TEXT NOT NULL CHECK (action IN ('enroll', 'promote', 'rollback', 'alias', 'unalias', 'import')),
    reason TEXT NOT NULL,
    revision INTEGER NOT NULL
) STRICT;
INSERT INTO move VALUES(1,1,'current',NULL,1,NULL,1700000001000,'anna','enroll','',1);
INSERT INTO move VALUES(2,1,'current',1,2,1,1700000002000,'anna','enroll','',2);
INSERT INTO move VALUES(3,1,'current',2,3,2,1700000003000,'anna','enroll','',3);
INSERT INTO move VALUES(4,1,'current',3,4,3,1700000004000,'anna','enroll','',4);
INSERT INTO move VALUES(5,1,'current',4,2,4,1700000004000,'anna','promote','was better',5);
INSERT INTO move VALUES(6,1,'best',NULL,1,NULL,1700000004000,'anna','alias','',6);
INSERT INTO move VALUES(7,2,'current',NULL,1,NULL,1700000004000,'anna','enroll','',9);
INSERT INTO move VALUES(8,3,'current',NULL,1,NULL,1700000005000,'ben','enroll','',1);
CREATE TABLE alias (
    concept_id INTEGER NOT NULL REFERENCES concept (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    number INTEGER NOT NULL,
    protected INTEGER NOT NULL DEFAULT 0 CHECK (protected IN (0, 1)),
    updated_ms INTEGER NOT NULL,
    PRIMARY KEY (concept_id, name),
    FOREIGN KEY (concept_id, number) REFERENCES version (concept_id, number)
) STRICT, WITHOUT ROWID;
INSERT INTO alias VALUES(1,'best',1,1,1700000004000);
CREATE TABLE event (
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    revision INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,
    concept_id INTEGER NOT NULL,
    pointer TEXT,
    from_number INTEGER,
    to_number INTEGER,
    PRIMARY KEY (account_id, revision)
) STRICT, WITHOUT ROWID;
INSERT INTO event VALUES(2,1,1700000001000,'enroll',1,'current',NULL,1);
INSERT INTO event VALUES(2,2,1700000002000,'enroll',1,'current',1,2);
INSERT INTO event VALUES(2,3,1700000003000,'enroll',1,'current',2,3);
INSERT INTO event VALUES(2,4,1700000004000,'enroll',1,'current',3,4);
INSERT INTO event VALUES(2,5,1700000004000,'promote',1,'current',4,2);
INSERT INTO event VALUES(2,6,1700000004000,'alias',1,'best',NULL,1);
INSERT INTO event VALUES(2,7,1700000004000,'protect',1,'best',NULL,1);
INSERT INTO event VALUES(2,8,1700000004000,'retention',1,NULL,NULL,NULL);
INSERT INTO event VALUES(2,9,1700000004000,'enroll',2,'current',NULL,1);
INSERT INTO event VALUES(2,10,1700000005000,'delete',2,NULL,NULL,NULL);
INSERT INTO event VALUES(3,1,1700000005000,'enroll',3,'current',NULL,1);
INSERT INTO event VALUES(3,2,1700000065000,'enroll',4,'current',NULL,1);
INSERT INTO event VALUES(3,3,1700000065000,'erase',4,NULL,NULL,NULL);
CREATE TABLE data_key (
    account_id INTEGER PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    master TEXT NOT NULL,
    wrapped BLOB NOT NULL CHECK (length(wrapped) = 60),
    created_ms INTEGER NOT NULL
) STRICT;
INSERT INTO data_key VALUES(1,'9985b2e4b9b71b28',X'796e701b897de087b4168446aef9d1a164ec33514a45f7015af9ddae50680f1fb984f1bcc00cebace8d82fab94d259395aeb0022559a110dc4b009e9',1700000000000);
INSERT INTO data_key VALUES(2,'9985b2e4b9b71b28',X'72a7f178c7d00372a571d7a39e2e7979380c850ebf503e7744d43ccd16d4c2fe50ca616c5fa11aef08ff4b937dcc40212c7e7f14dd8c01f7620bc71c',1700000000000);
INSERT INTO data_key VALUES(3,'9985b2e4b9b71b28',X'4b9b74e00e5b5d6c1701fd17f9204adcfd4923d70545fe93f37a45e1f106786e286c5c85c3a49fd3b9600c8b2683841df8b5e1addfa991edf0706002',1700000000000);
INSERT INTO data_key VALUES(4,'9985b2e4b9b71b28',X'06deef9544290bbc5b14311ff15b076a93fdf768fdcbdb7b3cd5507c39359ab0bfe8ace10809a73f85a3c26ddf598ce670c95a756ad115b62f78f2ce',1700000000000);
CREATE TABLE IF NOT EXISTS "artifact" (
    account_id INTEGER NOT NULL REFERENCES account (id),
    digest TEXT NOT NULL CHECK (length(digest) = 64),
    size INTEGER NOT NULL,
    wrapped BLOB NOT NULL CHECK (length(wrapped) = 60),
    sealed BLOB NOT NULL,
    PRIMARY KEY (account_id, digest)
) STRICT;
INSERT INTO artifact VALUES(2,'f704638b5ae224c9b2460440bbd785a1691f2572d829a7476b291a965a08320a',10,X'891618f11531a1bddaca923a54525e3001fe761a000d4640b92dac5b5f3071b747d46cc1be001fa742ae749afe4fb7fe94b3577d58cf6f7dec342e0f',X'828eea7238f54d5a267a7c16066529bfc351d8b75def7afefb07f5f9b53d2ed23360350ff9a3');
INSERT INTO artifact VALUES(2,'0984b8a8a5d5cffea9bf00c894d3be1cdab7fbe2e01fc3744c918759ad19355e',10,X'f27dc369dbea0714d8f40eb0de71c8747f182d24791e9e01835cca4a1f4c27d9092246de503f0318918e8e65a2fdc974ee29e128dcffffdb8b35a930',X'3b27c3ae0bec673866d1c287866abcee2f8565b8b0e7be378111a9193fb98865478663ac9eb9');
INSERT INTO artifact VALUES(2,'3a8c8a9a51a19a6cf7566628936a686a3ef514c68f28684a329b64acb1c20c5a',10,X'6689db02aa6c843f4dcab36508245fd042cefe60ab0f5d71a101d148468b30e2a4a1115f60a274f40d9ed7521946da2daeacb6109edd077765176139',X'a126918e69d489b3774db34a5688a133dae3cc72f9f7798e554c9ffcb8b13afb95bc5f9d64b5');
INSERT INTO artifact VALUES(2,'be4cd3763c77294cc59468f71890208e83c4f438713fac19e67fa801baac171e',10,X'7ad775390d94097221bcb5b80d30f3068aa29b07bb04ec7b3db075a727be792ac5e80919b2e48d3ee2fbcab16ec48762a7e3b36ffc5edb3add3e37cd',X'5e8d65d9b5864861d9d4b757d7b04ae27e2b89c2c761f6d484adc7e15a3744405f259fb79a2f');
INSERT INTO artifact VALUES(2,'4351559a4454ad353173e6a58a061071c807e4dc569d68451bbf0f060a1c9d68',10,X'b301f34502f078cd210c99933ba17539150334916d94d3887d15ca59163867eaeede8a1bedbab6eae901af7b24be64ca2dcbdad88ca772c71cf72b90',X'09b00845033fa73cb0eb9afb6b1f28e50e95bbf0e8e420237a54ec95aa7368aa299b75aa24ca');
INSERT INTO artifact VALUES(3,'009849d71e2d59c236bc18488580ebc951bbcfeea8d4c36763ec516062373ab3',15,X'729ce1307b6406069820019048c780351958c4f42550792fada08045308d3a6c5ecbf08306b99ea0a8199ab222572e6b1907102d8702fd685d5805b3',X'620c13164bcac9808d5633669d58f697d7430033a9ca8a49d70da0ccac1a579bec72207381b99e963a9cc6');
CREATE TABLE erasure (
    receipt TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('user', 'concept')),
    subject BLOB NOT NULL CHECK (length(subject) = 16),
    account_id INTEGER,
    requested_ms INTEGER NOT NULL,
    erased_ms INTEGER,
    versions INTEGER NOT NULL,
    bytes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO erasure VALUES('1ad6a0d7d733aa6867d0e7c2ec9e82aa','concept',X'a61667d265e304ed5c3de4bff23aa43c',3,1700000065000,1700000065000,1,10);
CREATE TABLE job (
    id TEXT PRIMARY KEY CHECK (length(id) = 32),
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    concept TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    stage TEXT NOT NULL DEFAULT '',
    -- What to train, sealed under the user's data key.
    request BLOB NOT NULL,
    -- Digests of the user's other concepts when it first ran: a later run trains against the same.
    others TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    created_ms INTEGER NOT NULL,
    started_ms INTEGER,
    finished_ms INTEGER,
    spent_ms INTEGER NOT NULL DEFAULT 0,
    error_code TEXT NOT NULL DEFAULT '',
    error TEXT NOT NULL DEFAULT '',
    version INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO job VALUES('01853ddc6dbe91c6bdc12d148186d2e4',2,'rex','failed','',X'dab0b1d0840ba35eb96fde9dda9ec5f39caf24ad01e715fe6611c0f00b5dd747fad54bc14e','0984b8a8a5d5cffea9bf00c894d3be1cdab7fbe2e01fc3744c918759ad19355e',1,1700000005000,1700000005000,1700000065000,60000,'invalidArgument','no picture',NULL);
INSERT INTO job VALUES('e7e969decd14febd8b9b857157f3df95',2,'hat','running','',X'60f5e5218d3dc0d937a5b504af71a2506f3257f7fdfb66b014f6848dd45e5457cb7f5d','0984b8a8a5d5cffea9bf00c894d3be1cdab7fbe2e01fc3744c918759ad19355e',1,1700000065000,1700000065000,NULL,0,'','',NULL);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('account',4);
INSERT INTO sqlite_sequence VALUES('move',9);
INSERT INTO sqlite_sequence VALUES('token',4);
INSERT INTO sqlite_sequence VALUES('concept',4);
CREATE INDEX token_account ON token (account_id);
CREATE INDEX token_expires ON token (expires_ms);
CREATE UNIQUE INDEX concept_name ON concept (account_id, name_key) WHERE deleted_ms IS NULL;
CREATE INDEX concept_deleted ON concept (deleted_ms) WHERE deleted_ms IS NOT NULL;
CREATE INDEX version_artifact ON version (account_id, digest);
CREATE UNIQUE INDEX concept_uid ON concept (uid);
CREATE INDEX move_concept ON move (concept_id);
CREATE INDEX alias_version ON alias (concept_id, number);
CREATE UNIQUE INDEX account_tag ON account (tag);
CREATE INDEX job_account ON job (account_id, created_ms);
CREATE INDEX job_open ON job (state, created_ms) WHERE state IN ('queued', 'running');
CREATE TRIGGER version_is_immutable BEFORE UPDATE ON version
    BEGIN SELECT raise(ABORT, 'versions are immutable'); END;
CREATE TRIGGER move_is_immutable BEFORE UPDATE ON move
    BEGIN SELECT raise(ABORT, 'the history is append-only'); END;
CREATE TRIGGER move_is_kept BEFORE DELETE ON move
    WHEN EXISTS (SELECT 1 FROM concept WHERE id = OLD.concept_id)
    BEGIN SELECT raise(ABORT, 'the history goes only with its concept'); END;
CREATE TRIGGER version_is_kept BEFORE DELETE ON version
    WHEN EXISTS (
        SELECT 1 FROM concept LEFT JOIN move ON move.id = current_move
        WHERE concept.id = OLD.concept_id AND (
            to_number IS OLD.number
            OR EXISTS (
                SELECT 1 FROM alias WHERE alias.concept_id = concept.id AND alias.number = OLD.number)))
    BEGIN SELECT raise(ABORT, 'a pointer names this version'); END;
CREATE TRIGGER artifact_is_immutable BEFORE UPDATE ON artifact
    BEGIN SELECT raise(ABORT, 'artifacts are immutable'); END;
CREATE TRIGGER audit_is_immutable BEFORE UPDATE ON audit
    BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit
    BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
COMMIT;
